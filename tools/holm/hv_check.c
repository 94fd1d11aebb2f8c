/* SPDX-License-Identifier: BSD-2-Clause */
/* holm hv check: can this machine run Holm? */
#include "holm/holm.h"
#include "holm/host.h"
#include "holm/json.h"

static const char *const verdicts[] = {
	[VERDICT_OK] = "ok",
	[VERDICT_MISSING] = "missing",
	[VERDICT_UNKNOWN] = "unknown",
};

static void print_line(const struct holm *h, const struct finding *f)
{
	/* Of what can be done without, the lack is no more than a pity. */
	const char *word = f->verdict == VERDICT_MISSING && !f->needed
				   ? "without"
				   : verdicts[f->verdict];

	fprintf(h->out, "%-8s  %-16s  %s\n", word, f->name, f->why);
}

static void print_item(struct json *js, const struct finding *f)
{
	json_open(js, NULL, '{');
	json_text(js, "name", f->name, SIZE_MAX);
	json_text(js, "verdict", verdicts[f->verdict], SIZE_MAX);
	json_bool(js, "needed", f->needed);
	json_text(js, "why", f->why, SIZE_MAX);
	json_close(js, '}');
}

int check_host(const struct holm *h)
{
	unsigned int n, missing = 0, unknown = 0;
	struct json js = { .out = h->out };
	struct finding f;

	if (h->opt.json) {
		json_begin(&js, h->out, SCHEMA);
		json_open(&js, "checks", '[');
	}
	for (n = 0; host_look(&own_host, n, &f); n++) {
		missing += f.needed && f.verdict == VERDICT_MISSING;
		unknown += f.needed && f.verdict == VERDICT_UNKNOWN;
		if (h->opt.json)
			print_item(&js, &f);
		else
			print_line(h, &f);
	}
	if (h->opt.json) {
		json_close(&js, ']');
		json_bool(&js, "runs", missing == 0 && unknown == 0);
		json_end(&js);
	} else if (missing || unknown) {
		fprintf(h->out, "%s\n",
			missing ? "Holm does not run on this machine."
				: "Holm runs on this machine if what is "
				  "unknown is there.");
	} else {
		fprintf(h->out, "Holm runs on this machine.\n");
	}
	return missing || unknown ? STATUS_FAILED : STATUS_DONE;
}
