/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output/output.h"

#include "base/str.h"

#include <errno.h>
#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

/* libvirt's own schema; comes with the daemon or its library (libvirt0 on Debian). */
#define LIBVIRT_SCHEMA "/usr/share/libvirt/schemas/domain.rng"

/* libxml2 12 made the error of a structured handler const. */
#if LIBXML_VERSION >= 21200
typedef const xmlError *libvirt_error;
#else
typedef xmlErrorPtr libvirt_error;
#endif

struct libvirt_report {
	char text[512]; /* the first error, one line */
	unsigned line;
};

/* Instead of libxml2's own handler, which prints. */
static void libvirt_on_error(void *user, libvirt_error e)
{
	struct libvirt_report *report = user;

	if (report->text[0] || !e || !e->message || e->level < XML_ERR_ERROR)
		return;
	report->line = e->line > 0 ? (unsigned)e->line : 0;
	snprintf(report->text, sizeof(report->text), "%s", e->message);
	report->text[strcspn(report->text, "\n")] = '\0';
}

static int libvirt_wrong(const struct libvirt_report *report, struct err *err)
{
	return err_input(err, "domain.xml", report->line, _("this is no domain libvirt takes: %s."),
			 report->text[0] ? report->text : "XML");
}

/* Schemas on this machine only: a template cannot make us ask the network. */
static int libvirt_validate(xmlDocPtr doc, struct err *err)
{
	struct libvirt_report report = { 0 };
	xmlRelaxNGParserCtxtPtr parser = xmlRelaxNGNewParserCtxt(LIBVIRT_SCHEMA);
	xmlRelaxNGValidCtxtPtr valid;
	xmlRelaxNGPtr schema = NULL;
	int r = 0;

	if (parser) {
		xmlRelaxNGSetParserStructuredErrors(parser, libvirt_on_error, &report);
		schema = xmlRelaxNGParse(parser);
		xmlRelaxNGFreeParserCtxt(parser);
	}
	/* A schema that libxml2 cannot read says nothing about our domain. */
	if (!schema)
		return 0;
	report = (struct libvirt_report){ 0 };
	valid = xmlRelaxNGNewValidCtxt(schema);
	if (valid) {
		xmlRelaxNGSetValidStructuredErrors(valid, libvirt_on_error, &report);
		r = xmlRelaxNGValidateDoc(valid, doc);
		xmlRelaxNGFreeValidCtxt(valid);
	}
	xmlRelaxNGFree(schema);
	return r > 0 ? libvirt_wrong(&report, err) : 0;
}

static int libvirt_check(const struct machine *m, const char *text, size_t len, struct err *err)
{
	struct libvirt_report report = { 0 };
	xmlParserCtxtPtr parser;
	const xmlNode *root;
	xmlDocPtr doc;
	int r = 0;

	if (len > INT_MAX)
		return err_input(err, "domain.xml", 0, _("this domain is too long."));
	parser = xmlNewParserCtxt();
	if (!parser)
		oom_abort();
	/* Handlers of this thread, put back below: libxml2 has no other way for schema parsers. */
	xmlSetStructuredErrorFunc(&report, libvirt_on_error);
	doc = xmlCtxtReadMemory(parser, text, (int)len, "domain.xml", NULL, XML_PARSE_NONET);
	root = doc ? xmlDocGetRootElement(doc) : NULL;
	if (!root)
		r = libvirt_wrong(&report, err);
	else if (strcmp((const char *)root->name, "domain") != 0)
		r = err_input(err, "domain.xml", 1, _("the document is no <domain>."));
	else if (m->host_is_here && access(LIBVIRT_SCHEMA, R_OK) == 0)
		r = libvirt_validate(doc, err);
	xmlSetStructuredErrorFunc(NULL, NULL);
	xmlFreeDoc(doc);
	xmlFreeParserCtxt(parser);
	return r;
}

const struct machine_format machine_format_libvirt = {
	.name = "libvirt",
	.template_name = "domain.xml.mustache",
	.file_suffix = ".xml",
	.mode = 0644,
	.check = libvirt_check,
};
