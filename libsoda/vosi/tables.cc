#include "vosi/tables.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

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
}

// Only the root is in VOSI's namespace, whose name has stayed that of version 1.0.
void start_root(xml::Writer& document, std::string_view name) {
  document.start(name)
      .attribute("xmlns:vosi", "http://www.ivoa.net/xml/VOSITables/v1.0")
      .attribute("xmlns:vs", "http://www.ivoa.net/xml/VODataService/v1.1")
      .attribute("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance");
}

std::vector<std::string_view> schemas_of(std::span<const Table> tables) {
  std::vector<std::string_view> schemas;
  for (const Table& table : tables) {
    if (std::ranges::count(schemas, table.schema) == 0) schemas.push_back(table.schema);
  }
  if (schemas.empty()) schemas.emplace_back("default");
  return schemas;
}

}  // namespace

std::string tables_document(std::span<const Table> tables, Detail detail) {
  xml::Writer document;
  start_root(document, "vosi:tableset");
  for (const std::string_view schema : schemas_of(tables)) {
    document.start("schema").element("name", schema);
    for (const Table& table : tables) {
      if (table.schema != schema) continue;
      document.start("table");
      write_table(document, table, detail);
      document.end();
    }
    document.end();
  }
  return document.take();
}

std::string table_document(const Table& table) {
  xml::Writer document;
  start_root(document, "vosi:table");
  write_table(document, table, Detail::full);
  return document.take();
}

dali::Service tables_service(std::function<std::vector<Table>(const dali::Context&)> tables) {
  dali::Service service = row("tables", "ivo://ivoa.net/std/VOSI#tables");
  service.parameters = parameters;
  service.handle = [tables = std::move(tables)](const dali::Context& context,
                                                const dali::Call& call) {
    const bool brief = call.arguments.one("DETAIL") == "min";
    http::Response response = http::text_response(
        200, tables_document(tables(context), brief ? Detail::minimal : Detail::full), "text/xml");
    response.add("Cache-Control", "no-cache");
    return response;
  };
  return service;
}

}  // namespace soda::vosi
