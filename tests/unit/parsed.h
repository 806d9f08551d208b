// libxml2 reads what we write.
#pragma once

#include <libxml/parser.h>
#include <libxml/tree.h>

#include <string>

#include "base/handle.h"

// Null when the document is not well-formed.
inline soda::Handle<xmlDoc, xmlFreeDoc> parsed(const std::string& text) {
  return soda::Handle<xmlDoc, xmlFreeDoc>(
      xmlReadMemory(text.data(), static_cast<int>(text.size()), "test.xml", nullptr,
                    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING));
}
