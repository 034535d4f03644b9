noinst_LIBRARIES += libwizard.a
libwizard_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
libwizard_a_SOURCES = src/wizard/wizard.h src/wizard/frontend.h \
	src/wizard/frontend-plain.c src/wizard/frontend-answers.c src/wizard/step.h src/wizard/step.def \
	src/wizard/build.c src/wizard/build.h \
	src/wizard/change.c \
	src/wizard/machine-cpu.c \
	src/wizard/plain.h src/wizard/plain-answer.c src/wizard/plain-ask.c src/wizard/plain-tell.c \
	src/wizard/popup.c \
	src/wizard/step-apply.c \
	src/wizard/step-bind.c \
	src/wizard/step-devices.c \
	src/wizard/step-firmware.c \
	src/wizard/step-host.c \
	src/wizard/step-kernel.c \
	src/wizard/step-machine.c \
	src/wizard/step-restart.c \
	src/wizard/step-review.c \
	src/wizard/step-test.c \
	src/wizard/storage.c \
	src/wizard/undo-centre.c \
	src/wizard/watch.c src/wizard/watch.h \
	src/wizard/wizard.c
