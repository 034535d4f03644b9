/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output/domain-tree.h"

#include "base/arena.h"

#include <errno.h>
#include <libxml/parser.h>
#include <limits.h>
#include <string.h>

static int tree_wrong(xmlParserCtxtPtr parser, const char *file, struct err *err)
{
	const xmlError *e = xmlCtxtGetLastError(parser);
	char text[256] = "XML";

	if (e && e->message)
		snprintf(text, sizeof(text), "%s", e->message);
	text[strcspn(text, "\n")] = '\0';
	return err_input(err, file, e && e->line > 0 ? (unsigned)e->line : 0, _("this cannot be read as XML: %s."),
			 text);
}

int domain_tree_parse(const char *text, size_t len, const char *file, xmlDocPtr *ret, struct err *err)
{
	xmlParserCtxtPtr parser;
	_cleanup_doc_ xmlDocPtr doc = NULL;
	int r = 0;

	if (len > INT_MAX)
		return err_input(err, file, 0, _("this domain is too long."));
	parser = xmlNewParserCtxt();
	if (!parser)
		oom_abort();
	doc = xmlCtxtReadMemory(parser, text, (int)len, file, NULL,
				XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	if (!doc)
		r = tree_wrong(parser, file, err);
	else if (!domain_is(xmlDocGetRootElement(doc), "domain"))
		r = err_input(err, file, 1, _("the document is no <domain>."));
	xmlFreeParserCtxt(parser);
	if (r == 0)
		*ret = TAKE_PTR(doc);
	return r;
}

bool domain_is(const xmlNode *node, const char *name)
{
	return node && node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

xmlNodePtr domain_child(const xmlNode *parent, const char *name)
{
	for (xmlNodePtr n = parent ? parent->children : NULL; n; n = n->next)
		if (domain_is(n, name))
			return n;
	return NULL;
}

xmlNodePtr domain_next(const xmlNode *node)
{
	for (xmlNodePtr n = node->next; n; n = n->next)
		if (domain_is(n, (const char *)node->name))
			return n;
	return NULL;
}

char *domain_attr(const xmlNode *node, const char *name)
{
	return node ? (char *)xmlGetNoNsProp(node, (const xmlChar *)name) : NULL;
}

bool domain_attr_is(const xmlNode *node, const char *name, const char *value)
{
	_cleanup_attr_ char *text = domain_attr(node, name);

	return str_eq(text, value);
}

long domain_number(const xmlNode *node, const char *name)
{
	_cleanup_attr_ char *text = domain_attr(node, name);
	uint64_t value;

	return text && str_to_u64(text, LONG_MAX, &value) == 0 ? (long)value : -1;
}

char *domain_text(const xmlNode *node)
{
	return node ? (char *)xmlNodeGetContent(node) : NULL;
}

static void tree_add_escaped(struct str *out, const char *text, bool attribute)
{
	for (; *text; text++) {
		if (*text == '&')
			str_add(out, "&amp;");
		else if (*text == '<')
			str_add(out, "&lt;");
		else if (*text == '>')
			str_add(out, "&gt;");
		else if (*text == '\'' && attribute)
			str_add(out, "&apos;");
		else if (attribute && (unsigned char)*text < 0x20)
			str_addf(out, "&#%d;", *text);
		else
			str_addc(out, *text);
	}
}

static void tree_add_name(struct str *out, const xmlNs *ns, const xmlChar *name)
{
	if (ns && ns->prefix)
		str_addf(out, "%s:", (const char *)ns->prefix);
	str_add(out, (const char *)name);
}

static void tree_print_attr(struct str *out, const xmlNode *node, const xmlAttr *a)
{
	_cleanup_attr_ char *value = (char *)xmlNodeListGetString(node->doc, a->children, 1);

	str_addc(out, ' ');
	tree_add_name(out, a->ns, a->name);
	str_add(out, "='");
	tree_add_escaped(out, value ? value : "", true);
	str_addc(out, '\'');
}

static void tree_print_attrs(struct str *out, const xmlNode *node, bool sorted)
{
	const xmlChar *last = NULL;

	for (const xmlNs *ns = node->nsDef; ns; ns = ns->next)
		str_addf(out, " xmlns%s%s='%s'", ns->prefix ? ":" : "",
			 ns->prefix ? (const char *)ns->prefix : "", ns->href ? (const char *)ns->href : "");
	if (!sorted) {
		for (const xmlAttr *a = node->properties; a; a = a->next)
			tree_print_attr(out, node, a);
		return;
	}
	/* The next greater one each time: an element has a handful. */
	for (;;) {
		const xmlAttr *next = NULL;

		for (const xmlAttr *a = node->properties; a; a = a->next)
			if ((!last || xmlStrcmp(a->name, last) > 0) &&
			    (!next || xmlStrcmp(a->name, next->name) < 0))
				next = a;
		if (!next)
			return;
		tree_print_attr(out, node, next);
		last = next->name;
	}
}

static bool tree_has_elements(const xmlNode *node, bool sorted)
{
	for (const xmlNode *n = node->children; n; n = n->next)
		if (n->type == XML_ELEMENT_NODE || (n->type == XML_COMMENT_NODE && !sorted))
			return true;
	return false;
}

/* The text of an element without children of its own, NULL when it is empty. */
static char *tree_text(const xmlNode *node, bool sorted)
{
	_cleanup_attr_ char *text = domain_text(node);
	const char *own = text ? (sorted ? str_trim(text) : text) : "";

	return *own ? xstrdup(own) : NULL;
}

void domain_print(struct str *out, const xmlNode *node, unsigned indent, bool sorted)
{
	_cleanup_free_ char *text = NULL;

	if (node->type == XML_COMMENT_NODE && !sorted)
		str_addf(out, "%*s<!--%s-->\n", (int)indent, "", node->content ? (const char *)node->content : "");
	if (node->type != XML_ELEMENT_NODE)
		return;
	str_addf(out, "%*s<", (int)indent, "");
	tree_add_name(out, node->ns, node->name);
	tree_print_attrs(out, node, sorted);
	if (tree_has_elements(node, sorted)) {
		str_add(out, ">\n");
		for (const xmlNode *n = node->children; n; n = n->next)
			domain_print(out, n, indent + 2, sorted);
		str_addf(out, "%*s</", (int)indent, "");
	} else if ((text = tree_text(node, sorted))) {
		str_addc(out, '>');
		tree_add_escaped(out, text, false);
		str_add(out, "</");
	} else {
		str_add(out, "/>\n");
		return;
	}
	tree_add_name(out, node->ns, node->name);
	str_add(out, ">\n");
}
