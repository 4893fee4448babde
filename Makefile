# almagest: make help names the targets. GNU make; a new source file needs no edit here.

BUILD   ?= build
CC      ?= cc
CFLAGS  ?= -O2 -g
PREFIX  ?= /usr/local
DESTDIR ?=
CAPSULE ?= capsule
FUZZ_SECONDS ?= 60

VERSION := 0.1
WARN    := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla
PKGS    := openssl yaml-0.1 sqlite3 libevent_core liburiparser jansson libarchive
SECCOMP  = $(shell pkg-config --exists libseccomp && echo yes)
# btparse has no pkg-config file
BTPARSE := $(shell $(CC) $(CPPFLAGS) -include btparse.h -fsyntax-only -x c /dev/null 2>/dev/null && echo yes)
CPPFLAGS_ALL = -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 $(if $(SECCOMP),-DHAVE_SECCOMP) $(if $(BTPARSE),-DHAVE_BTPARSE) -DALMAGEST_VERSION=\"$(VERSION)\" -Isrc $(shell pkg-config --cflags $(PKGS)) $(CPPFLAGS)
CFLAGS_ALL   = -std=c11 $(WARN) $(HARDEN) $(CFLAGS)
HARDEN  ?= -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
LDFLAGS_ALL  = -pie -Wl,-z,relro,-z,now $(LDFLAGS)
# libarchive is loaded where it is used: src/mirror/libarchive.h
LIBS    = $(shell pkg-config --libs $(filter-out libarchive,$(PKGS))) -lunistring $(if $(filter Linux,$(shell uname)),-ldl) $(if $(SECCOMP),-lseccomp) $(if $(BTPARSE),-lbtparse)

# For builds that a target starts, unless make was told how many
PARALLEL = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell getconf _NPROCESSORS_ONLN))

# V=1 shows whole commands
Q        = $(if $(V),,@echo '  $@';)

FLOORS  := base catalog page encode proto net mirror run edit
SRCS    := $(sort $(wildcard src/*.c src/*/*.c))
OBJS    := $(SRCS:src/%.c=$(BUILD)/obj/%.o)
PARTS   := $(filter-out $(BUILD)/obj/main.o,$(OBJS))
UNITS   := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))
FUZZERS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))

.DEFAULT_GOAL := all
.PHONY: all deps docs serve check check-tests asan fuzz fuzzers lint floors bench soak portability install uninstall deb deb-test clean help
.DELETE_ON_ERROR:

help:
	@sed -n 's/^## //p' Makefile

## all      build build/almagest
all: $(BUILD)/almagest

## deps     install what is missing to build and test, through the system's package manager
deps:
	@sh .ci/deps build check

$(BUILD)/almagest: $(OBJS)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $(OBJS) $(LIBS)

$(BUILD)/obj/%.o: src/%.c Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(BUILD)/libalmagest.a: $(PARTS)
	@rm -f $@
	$(Q)ar rcs $@ $(PARTS)

## serve    install what is missing, build, and serve the directory in capsule/
serve:
	@sh .ci/deps build
	@$(MAKE) --no-print-directory $(PARALLEL) all
	$(BUILD)/almagest serve -c $(CAPSULE)

## check    install what is missing, build, and run all tests
check:
	@sh .ci/deps build check
	@$(MAKE) --no-print-directory $(PARALLEL) all floors check-tests

check-tests: all $(UNITS)
	@BUILD=$(BUILD) sh tests/run

$(BUILD)/unit/%: tests/unit/%.c $(BUILD)/libalmagest.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -Itests/unit $(LDFLAGS_ALL) -o $@ $< -lcmocka $(BUILD)/libalmagest.a $(LIBS)

# Programs that measure, and what they measure on: make build/tests/bench/make_capsule
$(BUILD)/tests/bench/%: tests/bench/%.c $(BUILD)/libalmagest.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP $(LDFLAGS_ALL) -o $@ $< $(BUILD)/libalmagest.a $(LIBS) -lm

## asan     all tests under AddressSanitizer and UndefinedBehaviorSanitizer
asan:
	@sh .ci/deps build check
	@$(MAKE) --no-print-directory $(PARALLEL) BUILD=$(BUILD)/asan HARDEN= LDFLAGS="$(SANITIZE)" \
		CFLAGS="-O1 -g -fno-omit-frame-pointer $(SANITIZE) -DALMAGEST_SANITIZED" floors check-tests
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all

## fuzz     each fuzz target for FUZZ_SECONDS (60)
fuzz:
	@sh .ci/deps build fuzz
	@$(MAKE) --no-print-directory fuzzers
	@BUILD=$(BUILD) FUZZ_SECONDS=$(FUZZ_SECONDS) sh tests/fuzz/run

fuzzers:
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/fuzzing HARDEN= CC=clang \
		CFLAGS="-O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -DALMAGEST_SANITIZED" \
		$(BUILD)/fuzzing/libalmagest.a
	@$(MAKE) --no-print-directory $(FUZZERS)

$(BUILD)/fuzz/%: tests/fuzz/%.c $(BUILD)/fuzzing/libalmagest.a
	@mkdir -p $(@D)
	$(Q)clang $(CPPFLAGS_ALL) -std=c11 $(WARN) -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
		-o $@ $< $(BUILD)/fuzzing/libalmagest.a $(LIBS)

## lint     formatting, static analysis, floors, manual pages, the form of the records
lint:
	@sh .ci/deps build lint
	@$(MAKE) --no-print-directory all floors
	@BUILD=$(BUILD) sh .ci/lint

## floors   fail when a file includes from a floor above its own
floors:
	@awk -v order="$(FLOORS)" 'BEGIN { n = split(order, f, " "); for (i = 1; i <= n; i++) rank[f[i]] = i } \
		{ split(FILENAME, at, "/") } \
		/^#include "/ { split($$2, part, /["\/]/); \
			if (rank[part[2]] > rank[at[2]]) { print FILENAME ":" FNR ": floor " at[2] " looks up to " part[2]; bad = 1 } } \
		END { exit bad }' $(wildcard src/*/*.c src/*/*.h)

## docs     write the manual pages and JSON Schemas in docs/ from the tables of the program
docs: all
	@for page in almagest.1 almagest.7 almagest-record.5 almagest-capsule.5; do $(BUILD)/almagest manual $$page >docs/$$page; done
	@for kind in record organization topic source settings local; do $(BUILD)/almagest schema $$kind >docs/schema/$$kind.json; done

## bench    the program against yardsticks measured in the same run
bench: all $(patsubst %,$(BUILD)/tests/bench/%,make_capsule bench_catalog bench_search bench_browse bench_start)
	@BUILD=$(BUILD) sh tests/bench/run
	@BUILD=$(BUILD) sh tests/bench/catalog

## soak     the tests of edits, crashes and strangers for as long as asked (SOAK=seconds, default 600)
soak: all $(BUILD)/unit/test_update
	@BUILD=$(BUILD) sh tests/soak

## portability  with clang, without what only Linux has, 32 bits, big-endian, musl: as far as this machine can
portability:
	@BUILD=$(BUILD) sh .ci/portability

## install  program, manual, completions and service files (prefix, DESTDIR and the other GNU directories)
prefix         ?= $(PREFIX)
exec_prefix    ?= $(prefix)
bindir         ?= $(exec_prefix)/bin
datarootdir    ?= $(prefix)/share
mandir         ?= $(datarootdir)/man
docdir         ?= $(datarootdir)/doc/almagest
sysconfdir     ?= $(if $(filter /usr,$(prefix)),/etc,$(prefix)/etc)
unitdir        ?= $(prefix)/lib/systemd/system
sysusersdir    ?= $(prefix)/lib/sysusers.d
tmpfilesdir    ?= $(prefix)/lib/tmpfiles.d
bashdir        ?= $(datarootdir)/bash-completion/completions
zshdir         ?= $(datarootdir)/zsh/site-functions
fishdir        ?= $(datarootdir)/fish/vendor_completions.d

# mode:file:where it goes. What is below $(READY) is made for the place: paths, completions.
READY     := $(BUILD)/install
INSTALLED  = 755:$(BUILD)/almagest:$(bindir)/almagest \
	$(foreach page,$(notdir $(wildcard docs/*.[157])),644:docs/$(page):$(mandir)/man$(subst .,,$(suffix $(page)))/$(page)) \
	$(foreach unit,$(notdir $(wildcard docs/deploy/*.service docs/deploy/*.socket)),644:$(READY)/$(unit):$(unitdir)/$(unit)) \
	644:$(READY)/almagest.sysusers:$(sysusersdir)/almagest.conf \
	644:$(READY)/almagest.tmpfiles:$(tmpfilesdir)/almagest.conf \
	755:$(READY)/almagest.openrc:$(sysconfdir)/init.d/almagest \
	644:$(READY)/almagest.bash:$(bashdir)/almagest \
	644:$(READY)/almagest.zsh:$(zshdir)/_almagest \
	644:$(READY)/almagest.fish:$(fishdir)/almagest.fish \
	$(foreach text,README.md LICENSE $(wildcard docs/*.md docs/deploy/*.cfg docs/deploy/*.yaml),644:$(text):$(docdir)/$(notdir $(text)))

install: all
	@mkdir -p $(READY)
	@for file in docs/deploy/almagest*; do sed 's|/usr/local/bin|$(bindir)|g' $$file >$(READY)/$${file##*/}; done
	@for shell in bash zsh fish; do $(BUILD)/almagest completion $$shell >$(READY)/almagest.$$shell; done
	@for row in $(INSTALLED); do mode=$${row%%:*} row=$${row#*:}; \
		install -D -m $$mode $${row%%:*} $(DESTDIR)$${row#*:} && echo "  $(DESTDIR)$${row#*:}" || exit; done

# Folders that are everybody's, and stay though they are empty
SHARED     = $(prefix) $(exec_prefix) $(bindir) $(datarootdir) $(mandir) $(sysconfdir) $(prefix)/lib

## uninstall take away what install put there, and the folders that are empty then, but for such as bin
uninstall:
	@for row in $(INSTALLED); do rm -f $(DESTDIR)$${row##*:} && echo "  gone: $(DESTDIR)$${row##*:}"; done
	@for row in $(INSTALLED); do at=$${row##*:}; while at=$${at%/*}; do \
		case " $(SHARED) " in *" $$at "*) break ;; esac; \
		case $$at in /*/*) rmdir $(DESTDIR)$$at 2>/dev/null || [ ! -d $(DESTDIR)$$at ] || break ;; *) break ;; esac; done; done

## deb      a Debian package in build/, looked over by lintian
deb:
	@sh .ci/deps build deb
	@rm -rf $(BUILD)/deb && mkdir -p $(BUILD)/deb/almagest
	@cp -R Makefile README.md LICENSE src docs .ci $(BUILD)/deb/almagest
	@mv $(BUILD)/deb/almagest/docs/deploy/debian $(BUILD)/deb/almagest/debian
	cd $(BUILD)/deb/almagest && env -u MAKEFLAGS -u MAKELEVEL dpkg-buildpackage -us -uc -b >../log 2>&1 || { tail -30 ../log; exit 1; }
	lintian --fail-on error,warning $(BUILD)/deb/*.deb
	@cp $(BUILD)/deb/*.deb $(BUILD)/ && ls $(BUILD)/*.deb

## deb-test the package in a chroot of its own: installed, asked, upgraded, removed, purged
deb-test: deb
	@sh .ci/deps check
	@sh .ci/deb-test $(BUILD)/almagest_$(VERSION)_*.deb

## clean    remove what was built
clean:
	rm -rf $(BUILD)

-include $(OBJS:.o=.d) $(UNITS:=.d)
