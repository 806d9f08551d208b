#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "base/failure.h"
#include "dali/table.h"

using namespace soda;
using namespace soda::dali;
using Row = std::vector<Cell>;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

xml::ResultTable table_of(std::initializer_list<std::pair<const char*, const char*>> columns) {
  std::vector<Column> made;
  for (const auto& [name, datatype] : columns) {
    Column column;
    column.name = name;
    column.datatype = datatype;
    if (column.datatype == "char") column.arraysize = "*";
    made.push_back(column);
  }
  return {"t", "", {}, xml::fields_of(made), {}};
}

std::string written(TableForm form, const xml::ResultTable& table, const std::vector<Row>& rows,
                    const xml::Ending& ending = {}) {
  std::string text;
  Blocks out([&text](std::string_view block) { text += block; });
  const auto writer = make_table_writer(form, table, out);
  for (const Row& row : rows) writer->row(row);
  writer->finish(ending);
  out.flush();
  return text;
}

class StringSink : public http::Sink {
 public:
  using Sink::write;
  void write(std::span<const iovec> pieces) override {
    for (const iovec& piece : pieces) {
      text.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    }
  }
  std::string text;
};

struct Answer {
  http::Response response;
  StringSink sink;
  LogLine log{"request"};
};

// Sends `rows`; a failure comes out as it does to the server.
void send(Answer& answer, std::string_view asked, TableRows rows) {
  answer.response = table_response(choose_format(table_formats(), asked, ""),
                                   table_of({{"n", "long"}}), std::move(rows), answer.log);
  auto& body = std::get<std::unique_ptr<http::Body>>(answer.response.body);
  BOOST_TEST(body->size() == http::Body::unknown_size);
  body->write(answer.sink, 0, http::Body::unknown_size);
}

TableRows many_rows_then(std::function<void()> end) {
  return [end = std::move(end)](TableWriter& writer) {
    for (std::int64_t i = 0; i < 20'000; ++i) writer.row(Row{i});
    end();
    return xml::Ending{};
  };
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(forms_by_name) {
  const std::pair<const char*, TableForm> rows[] = {
      {"", TableForm::tabledata},
      {"votable", TableForm::tabledata},
      {"text/xml", TableForm::tabledata},
      {"application/x-votable+xml;serialization=TABLEDATA", TableForm::tabledata},
      {"application/x-votable+xml;serialization=BINARY2", TableForm::binary2},
      {"votable/b2", TableForm::binary2},
      {"csv", TableForm::csv},
      {"text/csv;header=present", TableForm::csv},
      {"tsv", TableForm::tsv},
      {"text/tab-separated-values", TableForm::tsv},
      {"json", TableForm::json},
      {"application/json", TableForm::json},
      {"fits", TableForm::fits},
      {"application/fits", TableForm::fits},
      {"html", TableForm::html}};
  for (const auto& [asked, form] : rows) {
    const Choice choice = choose_format(table_formats(), asked, "");
    BOOST_TEST((table_form(choice.index) == form), asked);
  }
}

BOOST_AUTO_TEST_CASE(csv_quotes_what_it_must) {
  const auto table = table_of({{"a", "char"}, {"b,\"c\"", "double"}, {"n", "long"}});
  const std::string text = written(TableForm::csv, table,
                                   {{"plain text", 0.1, std::int64_t{-7}},
                                    {"a,\"b\"", std::nan(""), Cell()},
                                    {"two\r\nlines", infinity, Cell()},
                                    {" blank", -infinity, Cell()},
                                    {"", Cell(), Cell()},
                                    {Cell(), Cell(), Cell()},
                                    {std::string_view("\0\xC3\xA9\xFF\t", 5), Cell(), Cell()}},
                                   {xml::Status::overflow, "cut"});
  BOOST_TEST(text ==
             "a,\"b,\"\"c\"\"\",n\r\n"
             "plain text,0.1,-7\r\n"
             "\"a,\"\"b\"\"\",NaN,\r\n"
             "\"two\r\nlines\",+Inf,\r\n"
             "\" blank\",-Inf,\r\n"
             "\"\",,\r\n"
             ",,\r\n"
             "\"\xEF\xBF\xBD\xC3\xA9\xEF\xBF\xBD\t\",,\r\n");
}

BOOST_AUTO_TEST_CASE(tsv_has_one_line_a_row) {
  const auto table = table_of({{"a", "char"}, {"b", "long"}});
  BOOST_TEST(written(TableForm::tsv, table, {{"x\ty\r\nz \"q\"", std::int64_t{1}}, {"", Cell()}}) ==
             "a\tb\nx y  z \"q\"\t1\n\t\n");
}

BOOST_AUTO_TEST_CASE(json_is_metadata_and_data) {
  auto table = table_of({{"a", "char"}, {"b", "double"}});
  table.fields[1].column.unit = "deg";
  const std::string text = written(
      TableForm::json, table,
      {{"q\"\\\n\x01\xC3\xA9\xFF", 1e-7}, {Cell(), std::nan("")}, {"", infinity}, {"", -infinity}},
      {xml::Status::overflow, "cut"});
  BOOST_TEST(text == R"({"metadata": [
{"name": "a", "datatype": "char", "arraysize": "*"},
{"name": "b", "datatype": "double", "unit": "deg"}
], "data": [
["q\"\\\u000a\u0001é)"
                     "\xEF\xBF\xBD"
                     R"(",1e-07],
[null,"NaN"],
["","Infinity"],
["","-Infinity"]
], "status": "OVERFLOW", "message": "cut"}
)");
  BOOST_TEST(written(TableForm::json, table, {}) == R"({"metadata": [
{"name": "a", "datatype": "char", "arraysize": "*"},
{"name": "b", "datatype": "double", "unit": "deg"}
], "data": [
], "status": "OK"}
)");
}

BOOST_AUTO_TEST_CASE(arrays_and_floats) {
  auto table = table_of({{"p", "double"}, {"f", "float"}});
  table.fields[0].column.arraysize = "*";
  const std::vector<Row> rows = {{"1 -2.50 Inf", 0.10000000149011612}, {Cell(), Cell()}};
  BOOST_TEST(contains(written(TableForm::json, table, rows),
                      "[\n[[1,-2.5,\"Infinity\"],0.1],\n[null,null]\n]"));
  BOOST_TEST(written(TableForm::csv, table, rows) == "p,f\r\n1 -2.50 Inf,0.1\r\n,\r\n");
  const std::string fits = written(TableForm::fits, table, rows, {xml::Status::overflow, "cut"});
  BOOST_TEST(fits.size() == 3u * 2880);
  for (const char* card :
       {"SIMPLE  =                    T", "TFORM1  = '1PD(3)  '", "TFORM2  = '1E      '",
        "COMMENT cut", "NAXIS2  =                    2"}) {
    BOOST_TEST(contains(fits, card), card);
  }
}

BOOST_AUTO_TEST_CASE(html_shows_links_and_pictures_and_runs_nothing) {
  auto table =
      table_of({{"access_url", "char"}, {"preview", "char"}, {"x<y", "char"}, {"n", "long"}});
  table.description = "a & b";
  table.fields[2].column.description = "\"><script>";
  const std::string address = "https://x.org/a?b=\"&c='<";
  const std::string text =
      written(TableForm::html, table,
              {{std::string_view(address), std::string_view(address), "<script>", std::int64_t{5}},
               {"javascript:alert(1)", "javascript:alert(1)", "https://x.org", Cell()}},
              {xml::Status::overflow, "limit 2"});
  BOOST_TEST(contains(text, "<p>a &amp; b</p>"));
  BOOST_TEST(contains(text, "<th title=\"&quot;&gt;&lt;script&gt;\">x&lt;y<small>"));
  const std::string link = "<a href=\"https://x.org/a?b=&quot;&amp;c='&lt;\" rel=\"noopener\">";
  // The picture comes first.
  BOOST_TEST(contains(text, "<tr><td>" + link +
                                "<img loading=\"lazy\" alt=\"preview\" "
                                "src=\"https://x.org/a?b=&quot;&amp;c='&lt;\"></a></td><td>" +
                                link +
                                "https://x.org/a?b=&quot;&amp;c='&lt;</a></td>"
                                "<td>&lt;script&gt;</td><td class=\"n\">5</td></tr>"));
  BOOST_TEST(contains(text,
                      "<tr><td>javascript:alert(1)</td><td>javascript:alert(1)</td>"
                      "<td>https://x.org</td><td class=\"n\"></td></tr>"));
  BOOST_TEST(contains(text, "<p>2 rows.</p>"));
  BOOST_TEST(contains(text, "cut at the limit of rows. (limit 2)"));
  BOOST_TEST(!contains(text, "<script"));
}

BOOST_AUTO_TEST_CASE(rows_have_a_cell_for_each_column) {
  const auto table = table_of({{"a", "char"}, {"b", "long"}});
  for (const TableForm form : {TableForm::tabledata, TableForm::binary2, TableForm::csv,
                               TableForm::tsv, TableForm::json, TableForm::html}) {
    BOOST_CHECK_THROW(written(form, table, {{"x"}}), Failure);
  }
}

BOOST_AUTO_TEST_CASE(an_answer_in_blocks) {
  Answer answer;
  send(answer, "csv", many_rows_then([] {}));
  BOOST_TEST(answer.response.status == 200);
  BOOST_TEST(answer.response.header("Content-Type") == "text/csv;header=present;charset=utf-8");
  BOOST_TEST(answer.sink.text.ends_with("\r\n19998\r\n19999\r\n"));
  Answer page;
  send(page, "html", many_rows_then([] {}));
  BOOST_TEST(page.response.header("Content-Security-Policy").starts_with("default-src 'none'"));
}

// Before anything has left a failure is answered as any other; later the document tells it, where
// it can.
BOOST_AUTO_TEST_CASE(failures_while_rows_are_read) {
  const auto fail = [] { throw Failure(FailureKind::unavailable, "the store is busy"); };
  Answer early;
  BOOST_CHECK_THROW(send(early, "",
                         [&](TableWriter& writer) -> xml::Ending {
                           writer.row(Row{std::int64_t{1}});
                           fail();
                           return {};
                         }),
                    Failure);
  BOOST_TEST(early.sink.text.empty());
  Answer late;
  send(late, "", many_rows_then(fail));
  BOOST_TEST(contains(late.sink.text,
                      "</TABLE>\n    <INFO name=\"QUERY_STATUS\" value=\"ERROR\">TransientFault: "
                      "the store is busy</INFO>\n  </RESOURCE>\n</VOTABLE>\n"));
  BOOST_TEST(contains(late.log.text(), "kind=unavailable"));
  Answer hidden;
  send(hidden, "json", many_rows_then([] { throw std::runtime_error("SELECT x FROM /etc"); }));
  BOOST_TEST(hidden.sink.text.ends_with(
      "], \"status\": \"ERROR\", \"message\": \"DefaultFault: internal error\"}\n"));
  BOOST_TEST(contains(hidden.log.text(), "SELECT x FROM /etc"));
  Answer silent;
  BOOST_CHECK_THROW(send(silent, "tsv", many_rows_then(fail)), Failure);
  BOOST_TEST(!silent.sink.text.empty());
  Answer gone;
  BOOST_CHECK_THROW(send(gone, "", many_rows_then([] { throw http::ClientGone{}; })),
                    http::ClientGone);
}
