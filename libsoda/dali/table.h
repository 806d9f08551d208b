// A table as an answer, in the form that was asked for: VOTable (TABLEDATA, BINARY2), CSV, TSV,
// JSON, FITS or HTML, row by row from the same columns and cells while the answer is being sent;
// memory does not grow with the rows.
//
// What the forms can say:
// - VOTable: everything (xml/votable.h).
// - CSV (RFC 4180, header line, UTF-8): names and rows. NULL is nothing, an empty text is "".
//   TSV (IANA text/tab-separated-values): the same; tabs and line ends in texts become blanks.
//   Numbers as in VOTable (DALI 1.1 section 3.3): "NaN", "+Inf", "-Inf". There is no word for
//   overflow (DALI 1.1 section 4.4.2), and a late error cuts the answer short.
// - JSON: {"metadata": [{"name", "datatype", "arraysize", "xtype", "unit", "ucd", "utype",
//   "description"}, ...], "data": [[...], ...], "status": "OK" | "OVERFLOW" | "ERROR", "message"};
//   absent attributes are left out; a cell of an array of numbers is an array. "metadata" and
//   "data" are as the TAP services of ESA, CDS and others send them; the status comes last because
//   it is known last. JSON has no NaN and no infinity: these are the texts "NaN", "Infinity",
//   "-Infinity", which Number() of a script and float() of Python understand.
// - FITS: one binary table (fits/table_writer.h), which is sent once the last row is known.
// - HTML: for people. Addresses are links, the column `preview` is a picture, the end of the page
//   says how many rows there are and whether that is all.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "base/blocks.h"
#include "base/log.h"
#include "base/table.h"
#include "dali/format.h"
#include "http/response.h"
#include "xml/votable.h"

namespace soda::dali {

enum class TableForm { tabledata, binary2, csv, tsv, json, fits, html };

// For choose_format, VOTable first; the form of the index that it returns.
std::span<const Format> table_formats();
TableForm table_form(std::size_t index);

class TableWriter {
 public:
  virtual ~TableWriter() = default;
  // One cell for each column; Failure as xml::VoTableWriter::row.
  virtual void row(std::span<const Cell> cells) = 0;
  // Once, after the last row.
  virtual void finish(const xml::Ending& ending) = 0;
};

// Writes the beginning. `out` must outlive the writer and is flushed by its owner.
std::unique_ptr<TableWriter> make_table_writer(TableForm form, xml::ResultTable table, Blocks& out);

// Writes all rows and returns how they ended. Called once, while the answer is sent, and not at all
// for HEAD: what it holds must live until then. What it throws before the first block (64 KB) has
// left is answered as any other failure; later it is told in the document where the form can tell
// it, with the fault code, and in the log line.
using TableRows = std::function<xml::Ending(TableWriter&)>;

// Status 200, Content-Type of `choice` (made from table_formats()), no Content-Length. `log` must
// outlive the response.
http::Response table_response(const Choice& choice, xml::ResultTable table, TableRows rows,
                              LogLine& log);

}  // namespace soda::dali
