# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# twin.mk - builds the case programs of all flavours and the runner; used by run.sh, which `make check` calls.
#
#	make -f SRCDIR/twin.mk SRCDIR=... BUILDDIR=... all
#
# A flavour is one program that holds every case. The kinds of linking differ on purpose, since each is another job for
# the loader: glibc-dynamic is a PIE, glibc-static sits at a fixed address, musl-dynamic is not a PIE, raw is a static PIE.

CC = cc
MUSL_CC = musl-gcc
TWIN_CFLAGS = -O1 $(or $(TWIN_DEBUG),-g0) -std=gnu11 -Wall -Wextra -Wno-format -Wno-unused-result -Wno-restrict -fPIE \
	-fno-stack-protector -U_FORTIFY_SOURCE

cases := $(sort $(wildcard $(SRCDIR)/case_*.c))
common := $(addprefix $(SRCDIR)/,twin.c names.c files.c handlers.c spell.c tools.c)
objects := $(patsubst $(SRCDIR)/%.c,%.o,$(common) $(cases))
headers := $(wildcard $(SRCDIR)/*.h)

have_musl := $(shell command -v $(MUSL_CC) 2>/dev/null)
bins := glibc-dynamic glibc-static raw $(if $(have_musl),musl-dynamic musl-static)

all: $(addprefix $(BUILDDIR)/,runner without $(addprefix twin.,$(bins)))

$(BUILDDIR)/runner: $(SRCDIR)/runner.c
	@mkdir -p $(@D)
	$(CC) -O1 -std=gnu11 -Wall -Wextra -static -o $@ $<

$(BUILDDIR)/without: $(SRCDIR)/../without.c
	@mkdir -p $(@D)
	$(CC) -O1 -std=gnu11 -Wall -Wextra -static -o $@ $<

# $(1) kind of object, $(2) compiler, $(3) flags
define compile
$(BUILDDIR)/$(1)/%.o: $(SRCDIR)/%.c $(headers)
	@mkdir -p $$(@D)
	$(2) $$(TWIN_CFLAGS) $(3) -c -o $$@ $$<
endef
$(eval $(call compile,glibc,$(CC),))
$(eval $(call compile,musl,$(MUSL_CC),))
$(eval $(call compile,raw,$(CC),-DTWIN_RAW))

# $(1) flavour, $(2) kind of object, $(3) compiler, $(4) flags
define link
$(BUILDDIR)/twin.$(1): $(addprefix $(BUILDDIR)/$(2)/,$(objects))
	$(3) $(4) -o $$@ $$^ -pthread
endef
$(eval $(call link,glibc-dynamic,glibc,$(CC),-pie))
$(eval $(call link,glibc-static,glibc,$(CC),-static -no-pie))
$(eval $(call link,musl-dynamic,musl,$(MUSL_CC),-no-pie))
$(eval $(call link,musl-static,musl,$(MUSL_CC),-static -no-pie))
$(eval $(call link,raw,raw,$(CC),-static-pie))

.PHONY: all
.DELETE_ON_ERROR:
