# SPDX-License-Identifier: BSD-2-Clause
# Holm from the outside: `make help` lists what there is. Each component also
# builds alone: make -C hypervisor | devicemodel | tools | inmates | ...
TOP	:= $(CURDIR)
O	:= $(TOP)/build
DEFAULT	:= $(shell misc/setup/kernel --default)
KERNEL	?= $(DEFAULT)
# KERNEL=acrn has its driver in its own tree; its User VMs are Debian's.
GUEST	= $(if $(filter acrn,$(KERNEL)),$(DEFAULT),$(KERNEL))
KDIR	= $(O)/cache/kernel-$(GUEST)
prefix	?= /usr
DESTDIR	?=
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif
# Goals that are given together would build their parts at the same time, in
# one folder. What each of them calls uses all CPUs.
.NOTPARALLEL:
TEST	?=
BED	?=

.PHONY: all run check check-full quick lint iso install clean distclean \
	help setup-run setup-check setup-full hypervisor devicemodel tools \
	inmates module images images-all images-full

all: hypervisor devicemodel tools inmates

help:
	@sed -n 's/^## //p' Makefile

## make run                boot Holm, the Service VM and a User VM; summary
## make run INTERACTIVE=1  stay in a Service VM shell instead
## make run KERNEL=6.12    with another of Debian's kernels, or acrn: built
##                         from its source, with the driver of Linux's tree
## make run BED=bochs      on an Intel CPU, which Bochs emulates
run: setup-$(if $(filter bochs,$(BED)),check,run)
	@$(MAKE) -s images KERNEL=$(KERNEL)
	@misc/testbed/run --kernel $(KERNEL) $(if $(BED),--bed $(BED)) \
		$(if $(INTERACTIVE),--shell)

## make check              every test; ends with "N passed, N failed"
check: setup-check
	@misc/check/check

## make check-full         and those that take long: UEFI, Linux's own driver,
##                         Debian from its installer (root, network, minutes)
check-full: setup-full
	@misc/check/check --full

## make quick              the same without booting machines
quick: setup-check
	@misc/check/check --quick

## make test TEST=uservm   boot the system tests with such a name, -v shown
.PHONY: test
test: setup-check
	@$(MAKE) -s images-all
	@misc/testbed/runner -v $(if $(BED),--bed $(BED)) $(TEST)

## make coverage           lines that the host's tests execute, by room
.PHONY: coverage
coverage: setup-check
	@misc/check/coverage

## make bench              what Holm costs, in instructions, beside others
## make bench SLOW=1       with what takes minutes; RUN="dm load" for some only
.PHONY: bench
bench: setup-check
	@$(MAKE) -s images KERNEL=$(KERNEL)
	@$(MAKE) -s -C hypervisor/tests/guest O=$(O)/guest
	@$(MAKE) -s -C misc/bench KERNEL=$(KERNEL) O=$(O)
	@misc/bench/bench --build $(O) --kernel $(KERNEL) $(if $(SLOW),--slow) \
		--json $(O)/bench.json --svg $(O)/bench.svg $(RUN)

## make lint               the tree against its own rules
lint: setup-check
	@misc/lint/lint

## make doc                generate anew what documents take from the code
.PHONY: doc
doc:
	@misc/doc/doc update

## make                    build hypervisor, device model, tools and inmates
hypervisor:
	@$(MAKE) -C hypervisor O=$(O)/hypervisor

.PHONY: hypervisor-debug
hypervisor-debug:
	@$(MAKE) -C hypervisor O=$(O)/hypervisor-debug DEBUG=1

devicemodel:
	@$(MAKE) -C devicemodel O=$(O)/static/devicemodel STATIC=1

tools:
	@$(MAKE) -C tools O=$(O)/static/tools STATIC=1

inmates:
	@$(MAKE) -C inmates O=$(O)/inmates

## make module KERNEL=6.1  the Service VM's driver for a kernel
module: $(KDIR)/release
	@$(MAKE) -C sos_kernel_patches/module KDIR=$(KDIR)/headers \
		O=$(O)/module-$(GUEST)

$(O)/cache/kernel-%/release:
	@misc/setup/kernel $* $(@D)

## make images             what boots: kernel, driver, initrds
images: all module
	@$(MAKE) -C misc/testbed KERNEL=$(KERNEL) O=$(O)

images-all: hypervisor-debug
	@for k in $$(misc/setup/kernel --all); do \
		$(MAKE) images KERNEL=$$k || exit 1; done

# The kernel that is built keeps its own account of what it was built from.
images-full: images-all
	@misc/setup/kernel acrn $(O)/cache/kernel-acrn
	@misc/setup/kernel rt $(O)/cache/kernel-rt
	@$(MAKE) images KERNEL=acrn
	@$(MAKE) -C misc/testbed debian O=$(O)

## make iso                a CD image: GRUB starts Holm and the Service VM
iso: setup-check
	@$(MAKE) -s images KERNEL=$(KERNEL)
	@misc/testbed/mkiso --kernel $(KERNEL) $(O)/holm.iso

## make install DESTDIR=   hypervisor, device model, tools, driver source, inmates
install: all
	install -D -m 0644 $(O)/hypervisor/holm.elf \
		$(DESTDIR)$(prefix)/lib/holm/holm.elf
	$(MAKE) -C devicemodel install O=$(O)/static/devicemodel STATIC=1 \
		DESTDIR=$(DESTDIR) prefix=$(prefix)
	$(MAKE) -C tools install O=$(O)/static/tools STATIC=1 \
		DESTDIR=$(DESTDIR) prefix=$(prefix)
	$(MAKE) -C inmates install O=$(O)/inmates DESTDIR=$(DESTDIR) \
		prefix=$(prefix)
	$(MAKE) -C sos_kernel_patches/module dkms-tree DESTDIR=$(DESTDIR)

## make clean              remove what was built; distclean: kernels as well
clean:
	find $(O) -mindepth 1 -maxdepth 1 ! -name cache -exec rm -rf {} + \
		2>/dev/null || true

distclean:
	rm -rf $(O)

setup-run:
	@misc/setup/setup run

setup-check:
	@misc/setup/setup check

setup-full:
	@misc/setup/setup full
