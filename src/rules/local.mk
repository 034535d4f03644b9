noinst_LIBRARIES += librules.a
librules_a_CPPFLAGS = $(AM_CPPFLAGS) 
librules_a_SOURCES = src/rules/rule.h src/rules/rule.def
