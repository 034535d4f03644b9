# Templates the program writes machines from.
templatesdir = $(pkgdatadir)/templates
dist_templates_DATA = templates/domain.xml.mustache templates/hook.sh.mustache templates/qemu.sh.mustache \
	templates/tuning.sh.mustache
