#include "vosi/tables.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/failure.h"
#include "base/text.h"
#include "vosi/row.h"
#include "xml/writer.h"

namespace soda::vosi {
namespace {

constexpr std::array parameters = {
    dali::Parameter{"DETAIL", "char", "*", "", "", "", dali::Repeat::single, "min|max",
                    "How much is told: names of tables, or columns too", false}};

void element_if(xml::Writer& document, std::string_view name, std::string_view content) {
  if (!content.empty()) document.element(name, content);
}

// VODataService 1.2 section 3.4; the order of children is the schema's.
void write_column(xml::Writer& document, const TableColumn& row) {
  const Column& column = row.column;
  document.start("column").attribute("std", row.is_standard ? "true" : "false");
  document.element("name", column.name);
  element_if(document, "description", column.description);
  element_if(document, "unit", column.unit);
  element_if(document, "ucd", column.ucd);
  element_if(document, "utype", column.utype);
  document.start("dataType").attribute("xsi:type", "vs:VOTableType");
  if (!column.arraysize.empty()) document.attribute("arraysize", column.arraysize);
  if (!column.xtype.empty()) document.attribute("extendedType", column.xtype);
  document.text(column.datatype).end();
  if (row.is_indexed) document.element("flag", "indexed");
  if (row.is_principal) document.element("flag", "principal");
  document.end();
}

void write_key(xml::Writer& document, const ForeignKey& key) {
  document.start("foreignKey").element("targetTable", key.target);
  for (const auto& [from, to] : key.pairs) {
    document.start("fkColumn").element("fromColumn", from).element("targetColumn", to).end();
  }
  element_if(document, "description", key.description);
  element_if(document, "utype", key.utype);
  document.end();
}

// The content of a table element, which is open.
void write_table(xml::Writer& document, const Table& table, Detail detail) {
  if (!table.type.empty()) document.attribute("type", table.type);
  document.element("name", table.name);
  element_if(document, "description", table.description);
  element_if(document, "utype", table.utype);
  if (detail == Detail::minimal) return;
  for (const TableColumn& column : table.columns) write_column(document, column);
  for (const ForeignKey& key : table.keys) write_key(document, key);
}

// Only the root is in VOSI's namespace, whose name has stayed that of version 1.0.
void start_root(xml::Writer& document, std::string_view name) {
  document.start(name)
      .attribute("xmlns:vosi", "http://www.ivoa.net/xml/VOSITables/v1.0")
      .attribute("xmlns:vs", "http://www.ivoa.net/xml/VODataService/v1.1")
      .attribute("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance");
}

const Table& table_named(const TableSet& set, std::string_view name) {
  const auto found = std::ranges::find_if(
      set.tables, [name](const Table& table) { return equal_ignoring_case(table.name, name); });
  if (found != set.tables.end()) return *found;
  throw Failure(FailureKind::not_found, "there is no table \"" + quoted(name) + "\"");
}

std::string asked_for(const TableSet& set, const dali::Call& call) {
  if (!call.below.empty()) return table_document(table_named(set, call.below));
  const bool brief = call.arguments.one("DETAIL") == "min";
  return tables_document(set, brief ? Detail::minimal : Detail::full);
}

}  // namespace

std::string tables_document(const TableSet& set, Detail detail) {
  xml::Writer document;
  start_root(document, "vosi:tableset");
  for (const Schema& schema : set.schemas) {
    document.start("schema").element("name", schema.name);
    element_if(document, "description", schema.description);
    element_if(document, "utype", schema.utype);
    for (const Table& table : set.tables) {
      if (table.schema != schema.name) continue;
      document.start("table");
      write_table(document, table, detail);
      document.end();
    }
    document.end();
  }
  if (set.schemas.empty()) document.start("schema").element("name", "default").end();
  return document.take();
}

std::string table_document(const Table& table) {
  xml::Writer document;
  start_root(document, "vosi:table");
  write_table(document, table, Detail::full);
  return document.take();
}

dali::Service tables_service(std::string_view name,
                             std::function<TableSet(const dali::Context&)> tables) {
  dali::Service service = row(name, "ivo://ivoa.net/std/VOSI#tables-1.1");
  service.interface_version = "1.1";
  service.parameters = parameters;
  service.resource = [methods = service.methods](std::string_view) {
    return dali::Resource{methods, parameters};
  };
  service.handle = [tables = std::move(tables)](const dali::Context& context,
                                                const dali::Call& call) {
    const TableSet set = tables(context);
    http::Response response = http::text_response(200, asked_for(set, call), "text/xml");
    response.add("Cache-Control", "no-cache");
    return response;
  };
  return service;
}

}  // namespace soda::vosi
