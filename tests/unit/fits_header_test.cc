#include <boost/test/unit_test.hpp>
#include <limits>
#include <memory>
#include <string>

#include "fits/checksum.h"
#include "fits/folded.h"
#include "fits/header.h"

using namespace soda::fits;

namespace {

// A card, padded with blanks to 80 columns.
std::string card(std::string text) {
  text.resize(card_length, ' ');
  return text;
}

// The only card of a header after its value was replaced.
std::string replaced(const std::string& before, const std::string& value) {
  Header header(card(before));
  header.set_value(0, value);
  BOOST_REQUIRE(header.size() == 1U);
  return header.cards();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(header)

BOOST_AUTO_TEST_CASE(text_ends_at_end) {
  const std::string two = card("A       = 1") + card("B       = 2");
  BOOST_TEST(Header(two).size() == 2U);
  BOOST_TEST(Header(two + card("END") + card("C       = 3")).size() == 2U);
  BOOST_TEST(Header(two + "END" + std::string(77, '\0')).size() == 2U);
  BOOST_TEST(Header(two + "cut").size() == 2U);
  BOOST_TEST(Header(two + card("ENDING  = 1")).size() == 3U);
  BOOST_TEST(Header("").size() == 0U);
  BOOST_TEST(Header(two + card("END")).cards() == two);
}

BOOST_AUTO_TEST_CASE(values) {
  const Header h(card("INT     =                   12 / c") + card("FREE    = -7/c") +
                 card("DOT     =                   2.") + card("EXP     = 1E3") +
                 card("DOUBLE  = 1.25D-2") + card("HALF    = 1.5") + card("YES     =  T") +
                 card("STRING  = 'it''s a / b  ' / comment") + card("EMPTY   = ''") +
                 card("UNDEF   =                      / nothing") + card("COMMENT = 5") +
                 card("HUGE    = 99999999999999999999") + card("NOVALUE 12") +
                 card("WORD    = abc") + card("COMPLEX = (1.0, 2.0)") + card("OPEN    = 'no end"));
  BOOST_TEST(h.integer("INT").value() == 12);
  BOOST_TEST(h.integer("FREE").value() == -7);
  BOOST_TEST(h.integer("DOT").value() == 2);
  BOOST_TEST(h.integer("EXP").value() == 1000);
  BOOST_TEST(h.real("DOUBLE").value() == 0.0125);
  BOOST_TEST(h.real("INT").value() == 12);
  BOOST_TEST(!h.integer("HALF"));
  BOOST_TEST(!h.integer("HUGE"));
  BOOST_TEST(!h.integer("STRING"));
  BOOST_TEST(!h.integer("WORD"));
  BOOST_TEST(!h.real("WORD"));
  BOOST_TEST(!h.integer("NOVALUE"));
  BOOST_TEST(!h.integer("ABSENT"));
  BOOST_TEST(h.logical("YES").value());
  BOOST_TEST(!h.logical("INT"));
  BOOST_TEST(h.string("STRING").value() == "it's a / b");
  BOOST_TEST(h.string("EMPTY").value().empty());
  BOOST_TEST(h.string("OPEN").value() == "no end");
  BOOST_TEST(!h.string("INT"));
  BOOST_TEST(!h.string("UNDEF"));
  BOOST_TEST(h.has("UNDEF"));
  BOOST_TEST(h.text("COMPLEX").value() == "(1.0, 2.0)");
  BOOST_TEST(h.text("INT").value() == "12");
  BOOST_TEST(h.text("YES").value() == "T");
}

BOOST_AUTO_TEST_CASE(keywords) {
  BOOST_TEST(Header::keyword(card("CRPIX1  = 1")) == "CRPIX1");
  BOOST_TEST(Header::keyword(card("HIERARCH ESO DET  ID = 1")) == "ESO DET  ID");
  BOOST_TEST(Header::keyword(card("HISTORY with = sign")) == "HISTORY");
  BOOST_TEST(Header::keyword(card("")) == "");
  const Header h(card("A       = 1") + card("HIERARCH ESO X = 'v' / c") + card("A       = 2") +
                 card("HIERARCH A = 3"));
  BOOST_TEST(h.find("A").value() == 0U);
  BOOST_TEST(h.find("A", 1).value() == 2U);
  BOOST_TEST(h.find("A", 3).value() == 3U);
  BOOST_TEST(!h.find("A", 4));
  BOOST_TEST(h.string("ESO X").value() == "v");
  BOOST_TEST(!h.find("AB"));
  BOOST_TEST(!h.find("a"));
}

BOOST_AUTO_TEST_CASE(continued_strings) {
  Header h(card("LONG    = 'abc  &'") + card("CONTINUE  'de&   '") + card("CONTINUE  '' / end") +
           card("NEXT    = 'x&'") + card("LAST    = 1"));
  BOOST_TEST(h.string("LONG").value() == "abc  de");
  BOOST_TEST(h.string("NEXT").value() == "x&");  // nothing follows it: the ampersand is text
  h.set_value(0, "'short'");
  BOOST_TEST(h.size() == 3U);
  BOOST_TEST(h.string("LONG").value() == "short");
  BOOST_TEST(h.integer("LAST").value() == 1);
}

BOOST_AUTO_TEST_CASE(long_strings_are_continued) {
  std::string text;
  for (int i = 0; i < 40; ++i) text += "it's " + std::to_string(i) + " ";
  text.pop_back();
  Header h;
  h.set("BEFORE", 1);
  h.set("LONG", text, "why");
  h.set("AFTER", 2);
  BOOST_TEST(h.string("LONG").value() == text);
  BOOST_TEST(h.integer("AFTER").value() == 2);
  for (std::size_t i = 2; i + 1 < h.size(); ++i) {
    BOOST_TEST(h.card(i).starts_with("CONTINUE  '"));
  }
  h.erase(1);
  BOOST_TEST(h.size() == 2U);
}

// Columns: FITS 4.0 section 4.2.
BOOST_AUTO_TEST_CASE(replacing_keeps_columns_and_comment) {
  BOOST_TEST(replaced("NAXIS1  =                 2048 / length", "51") ==
             card("NAXIS1  =                   51 / length"));
  BOOST_TEST(replaced("CRPIX1  =               1024.5 / x", "-12.25") ==
             card("CRPIX1  =               -12.25 / x"));
  BOOST_TEST(replaced("CRPIX1  = 1.0245E+03 / x", "24.5") == card("CRPIX1  = 24.5       / x"));
  BOOST_TEST(replaced("CRPIX1  = 1/ x", "123456") == card("CRPIX1  =               123456 / x"));
  BOOST_TEST(replaced("A       = 'abc     '           / s", "'de'") ==
             card("A       = 'de'                 / s"));
  BOOST_TEST(replaced("A       =                    1 / s", "'de'") ==
             card("A       = 'de'                 / s"));
  BOOST_TEST(replaced("A       =                      / undefined", "7") ==
             card("A       =                    7 / undefined"));
  BOOST_TEST(replaced("A       =                    7 / gone", "") ==
             card("A       =                      / gone"));
  BOOST_TEST(replaced("A       = 1 / c", "1234567890123456789012345") ==
             card("A       = 1234567890123456789012345 / c"));
  BOOST_TEST(replaced("HIERARCH ESO X = 5 / c", "7") == card("HIERARCH ESO X = 7 / c"));
  // A comment pushed beyond column 80 loses its end, not the value.
  const std::string pushed = replaced("A       = 1 / " + std::string(66, 'c'), "1234567890");
  BOOST_TEST(pushed.starts_with("A       =           1234567890 / ccc"));
  BOOST_TEST(pushed.size() == card_length);
}

BOOST_AUTO_TEST_CASE(set_appends_or_replaces) {
  Header h;
  h.set("NAXIS", 2, "axes");
  h.set("CDELT1", -0.1);
  h.set("WHOLE", 5.0);
  h.set("TINY", 1e-300);
  h.set("FLAG", true);
  h.set("NAME", "M 31", "object");
  h.set("NOTHING", std::numeric_limits<double>::quiet_NaN());
  h.set("ESO INS ID", "x", "y");
  h.set("NONASCII", "a\xc3\xa9\n");
  BOOST_TEST(h.card(0) == card("NAXIS   =                    2 / axes"));
  BOOST_TEST(h.card(1) == card("CDELT1  =                 -0.1"));
  BOOST_TEST(h.card(2) == card("WHOLE   =                  5.0"));
  BOOST_TEST(h.card(3) == card("TINY    =               1E-300"));
  BOOST_TEST(h.card(4) == card("FLAG    =                    T"));
  BOOST_TEST(h.card(5) == card("NAME    = 'M 31    '           / object"));
  BOOST_TEST(h.has("NOTHING"));
  BOOST_TEST(!h.real("NOTHING"));
  BOOST_TEST(h.string("ESO INS ID").value() == "x");
  BOOST_TEST(h.string("NONASCII").value() == "a???");
  const std::size_t count = h.size();
  h.set("NAXIS", 3);
  h.set("NAME", "M 32", "another");
  BOOST_TEST(h.size() == count);
  BOOST_TEST(h.card(0) == card("NAXIS   =                    3 / axes"));
  BOOST_TEST(h.card(5) == card("NAME    = 'M 32    '           / another"));
}

BOOST_AUTO_TEST_CASE(what_is_not_changed_stays) {
  const std::string before = card("\xff\xfe not ASCII") + card("KEY     =1") + card("HISTORY  x") +
                             card("A       = 1 no slash");
  Header h(before);
  h.append("B       = 2");
  h.insert(0, "C       = 3");
  h.erase_all("B");
  h.erase(0);
  BOOST_TEST(h.cards() == before);
  h.rename(3, "LONGNAME9");
  BOOST_TEST(h.card(3) == card("LONGNAME= 1 no slash"));
}

BOOST_AUTO_TEST_CASE(blocks_are_whole) {
  Header h;
  BOOST_TEST(h.blocks().size() == block_length);
  for (int i = 0; i < 35; ++i) h.append("COMMENT");
  BOOST_TEST(h.blocks().size() == block_length);
  h.append("COMMENT");
  BOOST_TEST(h.blocks().size() == 2 * block_length);
  BOOST_TEST(h.blocks_length() == 2 * block_length);
  BOOST_TEST(h.blocks().substr(36 * card_length, 80) == card("END"));
  BOOST_TEST(Header(h.blocks()).cards() == h.cards());
}

BOOST_AUTO_TEST_CASE(history_is_wrapped) {
  Header h;
  h.add_history(std::string(72, 'a') + "b");
  BOOST_TEST(h.size() == 2U);
  BOOST_TEST(h.card(0) == "HISTORY " + std::string(72, 'a'));
  BOOST_TEST(h.card(1) == card("HISTORY b"));
  h.add_history("");
  BOOST_TEST(h.size() == 3U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(checksums)

// Ones'-complement addition by hand: FITS 4.0 appendix J.1.
BOOST_AUTO_TEST_CASE(sums) {
  const std::string words("\x80\0\0\1\x80\0\0\1\0\0\0\5", 12);
  BOOST_TEST(checksum(words) == 8U);  // 0x100000002 folds to 3, and 5
  BOOST_TEST(checksum(std::string(8, '\xff')) == 0xFFFFFFFFU);
  BOOST_TEST(checksum({}) == 0U);
  BOOST_TEST(checksum(std::string("\0\0\0\1", 4), 0xFFFFFFFFU) == 1U);
}

// The rule that readers apply: the sum of a whole HDU with a right CHECKSUM is -0 (appendix J.4).
BOOST_AUTO_TEST_CASE(signed_header_sums_to_minus_zero) {
  const std::string data(block_length, 'x');
  for (int i = 0; i < 500; ++i) {
    Header h;
    h.set("SIMPLE", true);
    h.set("I", i * 7919);
    h.append(i % 2 == 0 ? "CHECKSUM= '0'" : "CHECKSUM=      'free' / c");
    h.set("DATASUM", "0", "data");
    const std::size_t length = h.blocks_length();
    sign(h, checksum(data));
    BOOST_REQUIRE(h.blocks_length() == length);
    BOOST_REQUIRE(checksum(data, checksum(h.blocks())) == 0xFFFFFFFFU);
    const std::string text = h.string("CHECKSUM").value();
    BOOST_REQUIRE(text.size() == 16U);
    for (const char c : text) BOOST_REQUIRE(std::isalnum(static_cast<unsigned char>(c)));
  }
  Header without;
  without.set("A", 1);
  const std::string before = without.cards();
  sign(without, 5);
  BOOST_TEST(without.cards() == before);
}

BOOST_AUTO_TEST_CASE(folding_keeps_every_byte) {
  const auto whole = std::make_shared<const Header>(
      card("SIMPLE  =                    T") + card("COMMENT one") +
      card("\x01 0 looks like a marker") + card("LONG    = 'a&'") + card("CONTINUE  'b'") +
      card("COMMENT two") + card("CONTINUE  'of nothing'") +
      card("NAXIS   =                    0"));
  const auto is_open = [](std::string_view keyword) {
    return keyword == "LONG" || keyword == "NAXIS";
  };
  FoldedHeader folded(whole, is_open);
  BOOST_TEST(folded.unfold().cards() == whole->cards());
  BOOST_TEST(folded.open.string("LONG").value() == "ab");
  BOOST_TEST(!folded.open.has("SIMPLE"));
  Header edited = *whole;
  for (Header* header : {&edited, &folded.open}) {
    header->set("LONG", "short");
    header->set("NEW", std::string_view(std::string(200, 'x')));
    header->erase_all("NAXIS");
  }
  BOOST_TEST(folded.unfold().cards() == edited.cards());
  const FoldedHeader copy = folded;
  std::vector<iovec> pieces;
  copy.append_blocks(pieces);
  std::string text;
  for (const auto& piece : pieces)
    text.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
  BOOST_TEST(text == edited.blocks());
  BOOST_TEST(copy.blocks_length() == static_cast<std::int64_t>(text.size()));
}

BOOST_AUTO_TEST_CASE(a_header_may_be_folded_whole_or_not_at_all) {
  for (const std::size_t cards :
       {std::size_t{0}, std::size_t{1}, std::size_t{35}, std::size_t{36}}) {
    std::string text;
    for (std::size_t i = 0; i < cards; ++i) text += card("COMMENT line");
    const auto whole = std::make_shared<const Header>(text);
    const FoldedHeader shut(whole, [](std::string_view) { return false; });
    const FoldedHeader open(whole, [](std::string_view) { return true; });
    for (const auto& header : {shut, open, FoldedHeader(*whole)}) {
      BOOST_TEST(header.unfold().cards() == text);
      BOOST_TEST(header.blocks_length() == static_cast<std::int64_t>(whole->blocks_length()));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
