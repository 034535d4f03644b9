# Every test speaks TAP, so that the totals count single checks and not files.
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh --merge
SH_LOG_DRIVER = $(LOG_DRIVER)
# By the shell and not by name: a file that lost its mode, or lies on a noexec mount, runs as well.
SH_LOG_COMPILER = sh
TEST_EXTENSIONS = .sh
AM_TESTS_ENVIRONMENT = \
	top_srcdir='$(abs_top_srcdir)'; export top_srcdir; \
	top_builddir='$(abs_top_builddir)'; export top_builddir; \
	VFIO_WIZARD_DATADIR='$(abs_top_srcdir)'; export VFIO_WIZARD_DATADIR; \
	CK_TIMEOUT_MULTIPLIER=10; export CK_TIMEOUT_MULTIPLIER; \
	LC_ALL=C.UTF-8; export LC_ALL; unset LANGUAGE;
EXTRA_DIST += tests/lib/unit.h tests/lib/tap.sh
# Recorded hosts: written by hand from facts, one machine each; lab-* recorded by walks of the lab.
EXTRA_DIST += tests/hosts
include tests/unit/base.mk
include tests/unit/model.mk
include tests/unit/change.mk
include tests/unit/probes.mk
include tests/unit/rules.mk
include tests/unit/boot.mk
include tests/unit/output.mk
include tests/unit/session.mk
include tests/unit/wizard.mk
include tests/unit/ui.mk
include tests/whole.mk
# A computer made of software; every walk of it takes minutes, so it is no part of "make check".
EXTRA_DIST += tests/lab/run tests/lab/image.py tests/lab/machine.py tests/lab/terminal.py tests/lab/walk.py \
	tests/lab/power_cut.py tests/lab/trial.py tests/lab/image tests/lab/guest tests/lab/walks
check-lab: all
	top_builddir='$(abs_top_builddir)' $(top_srcdir)/tests/lab/run $(WALKS)
.PHONY: check-lab
