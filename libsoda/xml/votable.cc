#include "xml/votable.h"

#include <algorithm>
#include <array>
#include <utility>

#include "xml/votable_rows.h"

namespace soda::xml {
namespace {

// By UCD: the first word, as far as it says which system the values are in.
struct SystemOf {
  std::string_view ucd, unit, id;
};
constexpr std::array systems_of = {
    SystemOf{"pos.eq", "deg", icrs_id}, SystemOf{"pos.outline", "", icrs_id},
    SystemOf{"time.start", "d", utc_id}, SystemOf{"time.end", "d", utc_id},
    SystemOf{"time.epoch", "d", utc_id}};

std::string_view system_of(const Column& column) {
  const auto found = std::ranges::find_if(systems_of, [&](const SystemOf& row) {
    return column.ucd.starts_with(row.ucd) && column.unit == row.unit;
  });
  return found == systems_of.end() ? std::string_view() : found->id;
}

bool is_xml_name(std::string_view name) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !name.empty() && is_letter(name.front()) && std::ranges::all_of(name, [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '-';
  });
}

void start_document(Writer& xml) {
  xml.start("VOTABLE")
      .attribute("version", "1.4")
      .attribute("xmlns", "http://www.ivoa.net/xml/VOTable/v1.3");
}

void write_info(Writer& xml, const Info& info) {
  xml.start("INFO").attribute("name", info.name).attribute("value", info.value);
  if (!info.text.empty()) xml.text(info.text);
  xml.end();
}

// VOTable 1.4 sections 3.1 and 3.2. A TIMESYS stands before what refers to it.
void write_systems(Writer& xml, std::span<const Field> fields) {
  const auto is_used = [fields](std::string_view id) {
    return std::ranges::any_of(fields, [id](const Field& field) { return field.ref == id; });
  };
  if (is_used(icrs_id)) {
    xml.start("COOSYS").attribute("ID", icrs_id).attribute("system", "ICRS").end();
  }
  if (is_used(utc_id)) {
    xml.start("TIMESYS")
        .attribute("ID", utc_id)
        .attribute("timescale", "UTC")
        .attribute("refposition", "UNKNOWN")
        .attribute("timeorigin", "MJD-origin")
        .end();
  }
}

void write_field(Writer& xml, const Field& field) {
  xml.start("FIELD");
  if (!field.id.empty()) xml.attribute("ID", field.id);
  write_column_attributes(xml, field.column);
  if (!field.ref.empty()) xml.attribute("ref", field.ref);
  if (!field.column.description.empty()) xml.element("DESCRIPTION", field.column.description);
  write_values(xml, field.values);
  xml.end();
}

void write_head(Writer& xml, const ResultTable& table) {
  if (!table.style_sheet.empty()) {
    xml.instruction("xml-stylesheet",
                    "type=\"text/xsl\" href=\"" + escape(table.style_sheet) + "\"");
  }
  start_document(xml);
  xml.start("RESOURCE").attribute("type", "results");
  write_info(xml, {"QUERY_STATUS", "OK", ""});
  for (const Info& info : table.infos) write_info(xml, info);
  write_systems(xml, table.fields);
  xml.start("TABLE");
  if (!table.name.empty()) xml.attribute("name", table.name);
  if (!table.description.empty()) xml.element("DESCRIPTION", table.description);
  for (const Field& field : table.fields) write_field(xml, field);
  xml.start("DATA");
}

}  // namespace

std::string_view status_name(Status status) noexcept {
  constexpr std::array<std::string_view, 3> names = {"OK", "OVERFLOW", "ERROR"};
  return names[static_cast<std::size_t>(status)];
}

std::vector<Field> fields_of(std::vector<Column> columns) {
  std::vector<Field> fields;
  fields.reserve(columns.size());
  for (Column& column : columns) {
    const bool is_taken = std::ranges::count(fields, column.name, &Field::id) > 0;
    std::string id = is_xml_name(column.name) && !is_taken ? column.name : std::string();
    std::string reference(system_of(column));
    fields.push_back({std::move(column), std::move(id), std::move(reference), {}});
  }
  return fields;
}

VoTableWriter::VoTableWriter(Blocks& out, Serialization serialization, ResultTable table)
    : out_(out),
      serialization_(serialization),
      table_(std::move(table)),
      rows_(make_rows(serialization, out, table_.fields)) {
  write_head(xml_, table_);
  if (serialization_ == Serialization::tabledata) {
    xml_.start("TABLEDATA");
  } else {
    xml_.start("BINARY2").start("STREAM").attribute("encoding", "base64");
  }
  out_.append(xml_.drain());
  out_.append("\n");
}

VoTableWriter::~VoTableWriter() = default;

void VoTableWriter::row(std::span<const Cell> cells) { rows_->row(cells); }

void VoTableWriter::finish(const Ending& ending) {
  rows_->finish();
  xml_.end();                                                // TABLEDATA, STREAM
  if (serialization_ == Serialization::binary2) xml_.end();  // BINARY2
  xml_.end().end();                                          // DATA, TABLE
  if (ending.status != Status::ok) {
    write_info(xml_, {"QUERY_STATUS", std::string(status_name(ending.status)), ending.text});
  }
  xml_.end();  // RESOURCE
  for (const ServiceDescriptor& service : table_.descriptors) write_descriptor(xml_, service);
  if (table_.appendix) {
    out_.append(xml_.drain());
    table_.appendix(out_);
  }
  out_.append(xml_.take());
}

std::string votable_without_table(const Info& query_status,
                                  std::span<const ServiceDescriptor> descriptors) {
  Writer xml;
  start_document(xml);
  xml.start("RESOURCE").attribute("type", "results");
  write_info(xml, query_status);
  xml.end();
  for (const ServiceDescriptor& service : descriptors) write_descriptor(xml, service);
  return xml.take();
}

}  // namespace soda::xml
