# One file, no recursion into directories: the floors of the house are the lists below.
# `make help` names what can be asked for.

SHELL := /bin/bash
PYTHON := /usr/bin/python3

BROKEN ?=
FLAVOUR ?= $(if $(BROKEN),broken-$(BROKEN),release)
B := build/$(FLAVOUR)

# ---- what stands where -----------------------------------------------------------------------
PURE_ROOMS := base codec model channel bot nlu decide
IO_ROOMS := io store flow

PURE_C := $(foreach r,$(PURE_ROOMS),$(wildcard common/$(r)/*.c))
IO_C := $(foreach r,$(IO_ROOMS),$(wildcard common/$(r)/*.c))
ROUTER_C := $(wildcard services/router/*.c)
WORKER_C := $(wildcard services/worker/*.c)
ADMIN_C := $(wildcard services/admin/*.c)
UNIT_C := $(wildcard tests/unit/test_*.c)
FUZZ_C := $(wildcard tests/fuzz/fuzz_*.c)
DRIVE_C := $(wildcard tests/integration/drive_*.c)
LOAD_C := $(wildcard tests/load/*.c)
ALL_C := $(PURE_C) $(IO_C) $(ROUTER_C) $(WORKER_C) $(ADMIN_C) $(UNIT_C) $(FUZZ_C) $(DRIVE_C) $(LOAD_C)
ALL_H := $(wildcard common/*/*.h services/*/*.h tests/*/*.h)

obj = $(patsubst %.c,$(B)/%.o,$(1))
bin = $(patsubst %.c,$(B)/%,$(1))

LIBPURE := $(B)/libpure.a
LIBIO := $(B)/libio.a
PROGRAMS := $(if $(ROUTER_C),$(B)/redthread-router) $(if $(WORKER_C),$(B)/redthread-worker) \
            $(if $(ADMIN_C),$(B)/redthread)

# ---- flags -----------------------------------------------------------------------------------
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wvla \
            -Wswitch-enum -Wwrite-strings -Wcast-qual
WERROR ?= $(if $(CI),1)
# Judgements are replayed bit by bit: no compiler may fuse a multiplication into an addition.
HARDENING := -ffp-contract=off -fPIE -fstack-protector-strong -fstack-clash-protection -fcf-protection \
             -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
SANITIZE_ADDRESS := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
                    -fno-sanitize-recover=undefined

ifeq ($(shell uname -m),aarch64)
HARDENING := $(filter-out -fcf-protection,$(HARDENING)) -mbranch-protection=standard
endif

CC := gcc
MODE := -O3 -g $(HARDENING)
LINK := -pie -Wl,-z,relro,-z,now
ifeq ($(FLAVOUR),asan)
MODE := $(SANITIZE_ADDRESS)
LINK := -fsanitize=address,undefined
endif
ifeq ($(FLAVOUR),tsan)
MODE := -O1 -g -fno-omit-frame-pointer -fsanitize=thread
LINK := -fsanitize=thread
endif
ifeq ($(FLAVOUR),fuzz)
CC := clang
MODE := $(SANITIZE_ADDRESS) -fsanitize=fuzzer-no-link
LINK := -fsanitize=fuzzer,address,undefined
endif

# Empty on a bare machine, where `make deps` is yet to install it.
GMIME := $(patsubst -I%,-isystem %,$(filter -I%,$(shell pkg-config --cflags gmime-3.0 2>/dev/null)))
CPPFLAGS := -D_GNU_SOURCE -isystem /usr/include/postgresql $(GMIME) $(if $(BROKEN),-DBROKEN_$(BROKEN))
CFLAGS := -std=gnu11 $(MODE) $(WARNINGS) $(if $(WERROR),-Werror)
FLAGS = $(filter-out -Werror,$(CC) $(CPPFLAGS) $(CFLAGS) $(LINK))
PURE_LIBS := -ljansson -lcrypto -lexpat -lgmime-3.0 -lgobject-2.0 -lglib-2.0 -lm -lpthread
IO_LIBS := -lpq -lhiredis -lcurl -lmicrohttpd

# ---- packages --------------------------------------------------------------------------------
BUILD_PACKAGES := gcc libc6-dev make libmicrohttpd-dev libjansson-dev libhiredis-dev libpq-dev \
                  libcurl4-openssl-dev libssl-dev libexpat1-dev libgmime-3.0-dev \
                  pkg-config
RUN_PACKAGES := postgresql redis-server python3 curl procps tzdata
TEST_PACKAGES := libcmocka-dev pgbouncer python3-pytest python3-aiosmtpd python3-yaml
BROWSER_PACKAGES := chromium chromium-driver
LINT_PACKAGES := clang clang-format clang-tidy

# ---- targets ---------------------------------------------------------------------------------
.PHONY: all help deps deps-test deps-lint run stop demo test torture bench asan tsan fuzz lint \
        format clean units drives loads fuzzers broken
.DELETE_ON_ERROR:
.SECONDARY:

all: $(PROGRAMS) ## build the three programs

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([a-z-]+):.*## /\1\t/' | \
	    awk -F'\t' '{ printf "  make %-10s %s\n", $$1, $$2 }'

deps: ## install by apt what building and running needs
	@deploy/deps $(BUILD_PACKAGES) $(RUN_PACKAGES)

deps-test: ## install by apt what the tests need
	@deploy/deps $(BUILD_PACKAGES) $(RUN_PACKAGES) $(TEST_PACKAGES)
	@deploy/deps $(BROWSER_PACKAGES) || echo "no browser here: its tests are skipped"

deps-lint: ## install by apt what lint, format and fuzz need
	@deploy/deps $(BUILD_PACKAGES) $(TEST_PACKAGES) $(LINT_PACKAGES)

run: deps ## start everything on this machine, with the demo configuration
	@$(MAKE) --no-print-directory all
	@deploy/run

stop: ## stop exactly what `make run` started
	@deploy/stop

demo: run ## play the story against the running system and print the timeline
	@deploy/demo/play

test: deps-test ## everything that belongs to every change; ends with `N passed, N failed`
	@tests/run

torture: deps-test ## the long soaks and fault schedules
	@tests/run --torture

bench: deps-test ## measure against the bare database, interleaved
	@$(MAKE) --no-print-directory all loads
	@$(PYTHON) tests/load/bench_dialects.py
	@$(PYTHON) tests/load/bench.py
	@$(PYTHON) tests/load/bench_nlu.py

asan: deps-test ## unit and integration tests under address and undefined sanitizers
	@tests/run --flavour asan

tsan: deps-test ## unit and integration tests under the thread sanitizer
	@tests/run --flavour tsan

fuzz: deps-lint ## each fuzz target for FUZZ_SECONDS (60)
	@tests/run --fuzz $(or $(FUZZ_SECONDS),60)

lint: deps-lint ## format check and clang-tidy
	clang-format --dry-run -Werror $(ALL_C) $(ALL_H)
	printf '%s\n' $(PURE_C) $(IO_C) $(ROUTER_C) $(WORKER_C) $(ADMIN_C) | xargs -P"$$(nproc)" -I{} \
	    clang-tidy --quiet {} -- -std=gnu11 $(CPPFLAGS) $(WARNINGS)

format: deps-lint ## lay out every source file
	clang-format -i $(ALL_C) $(ALL_H)

clean: ## remove what was built
	rm -rf build

units: $(call bin,$(UNIT_C))
drives: $(call bin,$(DRIVE_C))
loads: $(call bin,$(LOAD_C))
fuzzers: $(call bin,$(FUZZ_C))

# ---- rules -----------------------------------------------------------------------------------
$(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(if $(V),,@echo "  CC   $(B) $<";) $(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(LIBPURE): $(call obj,$(PURE_C)) $(B)/flags
$(LIBIO): $(call obj,$(IO_C)) $(B)/flags
$(LIBPURE) $(LIBIO):
	@mkdir -p $(@D)
	@rm -f $@.new
	@ar rcs $@.new $(filter %.o,$^)
	@mv $@.new $@

link = $(if $(V),,@echo "  LINK $@";) $(CC) $(CFLAGS) $(LINK) -o $@ $(filter %.o,$^) \
       $(or $(ARCHIVES),$(filter %.a,$^))

$(B)/redthread-router: $(call obj,$(ROUTER_C))
$(B)/redthread-worker: $(call obj,$(WORKER_C))
$(B)/redthread: $(call obj,$(ADMIN_C))
$(B)/redthread $(B)/redthread-router $(B)/redthread-worker: $(LIBIO) $(LIBPURE)
	$(link) $(IO_LIBS) $(PURE_LIBS)

$(call bin,$(DRIVE_C) $(LOAD_C)): %: %.o $(LIBIO) $(LIBPURE)
	$(link) $(IO_LIBS) $(PURE_LIBS)

# It walks the statements of every store file, also of those that nothing else in it refers to.
$(B)/tests/integration/drive_statements: ARCHIVES = \
    -Wl,--whole-archive $(LIBIO) -Wl,--no-whole-archive $(LIBPURE)

# Judgement is pure: no driver's library stands on these two lines, so none can creep in.
$(call bin,$(UNIT_C)): %: %.o $(LIBPURE)
	$(link) $(PURE_LIBS) -lcmocka

$(call bin,$(FUZZ_C)): %: %.o $(LIBPURE)
	$(link) $(PURE_LIBS)

# Files that the assembler pulls into an object (.incbin) are not in its .d file.
EMBEDDED := $(wildcard common/*/*.json common/nlu/lexicon/* services/router/*.json \
              services/widget/* migrations/*.sql)
EMBEDDING := $(shell grep -l 'incbin' $(PURE_C) $(IO_C) $(ROUTER_C) $(ADMIN_C) /dev/null)
$(call obj,$(EMBEDDING)): $(EMBEDDED)

# Changed flags rebuild everything; -Werror changes no object and is left out.
.PHONY: always
$(B)/flags: always
	@mkdir -p $(@D)
	@echo '$(FLAGS)' | cmp -s - $@ || echo '$(FLAGS)' > $@

-include $(patsubst %.c,$(B)/%.d,$(ALL_C))
