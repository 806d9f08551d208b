// VOTable 1.4 (the newest version that the tools in use accept), written row by row in bounded
// memory: the one writer of every service.
//
// A document has one resource of type "results": INFO QUERY_STATUS OK and others, COOSYS and
// TIMESYS as far as columns need them, the table; after the table a second QUERY_STATUS when the
// answer was cut short or broke (DALI 1.1 section 4.4.1); then the service descriptors.
//
// Text. What XML cannot hold (section 2.2 of XML 1.0) becomes U+FFFD. Before VOTable 1.6 a "char"
// is ASCII (section 2.1): in a column of that type every other character becomes "?", in both
// serialisations alike, because readers of BINARY2 fail on other bytes and an identifier must not
// depend on the form of the answer. Columns that may hold free text are therefore declared
// "unicodeChar", which votlint, astropy, TOPCAT and Aladin read and which costs a second byte in
// BINARY2 only; the choice is the column's, since a stream cannot know its rows beforehand.
// Characters beyond the basic plane are UTF-16 surrogate pairs in BINARY2 (as VOTable 1.6 has it).
//
// Numbers are decimal, shortest that reads back to the same value, "NaN", "+Inf", "-Inf". NULL is
// an empty TD (in arrays of reals of
// fixed length, NaN for each element) or a flag in BINARY2; TABLEDATA cannot tell an empty text
// from it (section 6).
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/blocks.h"
#include "base/table.h"
#include "xml/descriptor.h"
#include "xml/writer.h"

namespace soda::xml {

enum class Serialization { tabledata, binary2 };

struct Info {
  std::string name, value;
  std::string text;  // for people
};

struct Field {
  Column column;
  std::string id, ref;  // XML names, unique in the document; empty: none
  Values values;
};

// IDs of the systems that the writer declares when a field refers to them: ICRS, and MJD in UTC
// (reference position unknown), which all of the project's positions and times are in (ObsCore 1.1
// sections 4.11 and 4.13).
inline constexpr std::string_view icrs_id = "system.icrs";
inline constexpr std::string_view utc_id = "system.utc";

// Fields with an ID equal to their name (the first of a name, and only where it is an XML name of
// ASCII letters, digits, "." "-" "_"), so that descriptors can refer to any column; with the
// reference system that the UCD asks for.
std::vector<Field> fields_of(std::vector<Column> columns);

struct ResultTable {
  std::string name, description;
  std::vector<Info> infos;    // beside QUERY_STATUS
  std::vector<Field> fields;  // at least one
  std::vector<ServiceDescriptor> descriptors;
  // Writes more resources behind the descriptors, as they stand in the document.
  std::function<void(Blocks&)> appendix = {};
  std::string style_sheet = {};  // address of an XSLT style sheet for browsers; empty: none
};

enum class Status { ok, overflow, error };
std::string_view status_name(Status status) noexcept;  // "OK" …, DALI 1.1 section 4.4.1

// How the rows ended; the sentence is for people.
struct Ending {
  Status status = Status::ok;
  std::string text;
};

class Rows;

class VoTableWriter {
 public:
  // Writes everything up to the first row. `out` must outlive the object.
  VoTableWriter(Blocks& out, Serialization serialization, ResultTable table);
  ~VoTableWriter();
  VoTableWriter(const VoTableWriter&) = delete;
  VoTableWriter& operator=(const VoTableWriter&) = delete;

  // One cell for each field. Failure(internal) for another number of cells; Failure(corrupt_data)
  // for a value that the column's datatype cannot hold, which it names; nothing of the row is in
  // the document then.
  void row(std::span<const Cell> cells);
  // The rest of the document. Once, and nothing after it; `out` is not flushed.
  void finish(const Ending& ending);

 private:
  Blocks& out_;
  Serialization serialization_;
  ResultTable table_;
  Writer xml_;
  std::unique_ptr<Rows> rows_;
};

// A document without a table: a refusal, or descriptors alone.
std::string votable_without_table(const Info& query_status,
                                  std::span<const ServiceDescriptor> descriptors);

}  // namespace soda::xml
