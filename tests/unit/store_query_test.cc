// Questions about everything but the sky alone: against a plain look at all rows; how they are
// answered; and what comes in by catalogues.
#include <sqlite3.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cmath>
#include <ctime>
#include <functional>
#include <map>
#include <random>
#include <set>

#include "base/failure.h"
#include "base/text.h"
#include "scratch.h"
#include "store/holdings.h"
#include "store/query.h"
#include "store/recorder.h"

namespace {

using namespace soda;
using namespace soda::store;
using Mode = Database::Mode;
using Names = std::vector<std::string>;

struct Archive {
  scratch::Folder folder;
  std::string path = folder / "archive.sqlite";
  Database database{path, Mode::read_write};

  std::vector<Rejected> import(const std::vector<CatalogueRow>& rows,
                               const std::vector<Column>& own = {}) {
    Recorder recorder(database, own);
    std::vector<Rejected> rejected;
    database.transaction([&] { rejected = recorder.import_rows(rows); });
    return rejected;
  }
  std::set<std::string> found(const Question& question, std::string* path_taken = nullptr) {
    Answer answer = store::answer(database, question, {"obs_id"});
    std::set<std::string> ids;
    while (answer.next()) {
      const std::string id(std::get<std::string_view>(answer.row()[0]));
      BOOST_TEST(ids.insert(id).second, "twice: " << id);
    }
    if (path_taken != nullptr) *path_taken = answer.path();
    return ids;
  }
};

CatalogueRow row(int number) {
  CatalogueRow out;
  out.obscore.obs_publisher_did = "ivo://x/C?" + std::to_string(number);
  out.obscore.obs_collection = "c";
  out.obscore.obs_id = std::to_string(number);
  return out;
}

struct Dice {
  std::mt19937_64 random{4711};
  int pick(int count) { return std::uniform_int_distribution<int>(0, count - 1)(random); }
  double uniform(double lo, double hi) {
    return std::uniform_real_distribution<double>(lo, hi)(random);
  }
  std::optional<double> number(double lo, double hi) {
    return pick(5) == 0 ? std::nullopt : std::optional(uniform(lo, hi));
  }
  std::string word(const std::vector<std::string>& words) {
    return words[static_cast<std::size_t>(pick(static_cast<int>(words.size())))];
  }
};

const std::vector<std::string> names = {"", "A", "B", "a", "NGC 1", "O'Neil \"x\"", "Ünïcode"};
const std::vector<std::string> states = {"", "/I/", "/I/Q/U/", "/XX/YY/", "/Q/"};

CatalogueRow random_row(Dice& dice, int number) {
  CatalogueRow out = row(number);
  ObsCore& o = out.obscore;
  o.calib_level = dice.pick(5);
  o.obs_collection = "c" + std::to_string(dice.pick(3));
  o.dataproduct_type = dice.word({"image", "cube", ""});
  o.target_name = dice.word(names);
  o.facility_name = dice.word(names);
  o.instrument_name = dice.word(names);
  o.access_format = dice.word({"image/fits", "image/png", ""});
  o.pol_states = dice.word(states);
  o.s_fov = dice.number(0, 2);
  o.s_resolution = dice.number(0, 2);
  o.em_res_power = dice.number(0, 2);
  o.t_exptime = dice.number(0, 2);
  o.t_resolution = dice.number(0, 2);
  o.t_min = dice.number(50000, 50100);
  if (o.t_min) o.t_max = *o.t_min + std::pow(10, dice.uniform(-6, 2));
  if (dice.pick(20) == 0) o.t_max = std::nullopt;
  if (dice.pick(50) == 0) o.t_max = std::numeric_limits<double>::infinity();
  o.em_min = dice.number(1e-7, 1e-6);
  if (o.em_min) o.em_max = *o.em_min * (1 + std::pow(10, dice.uniform(-5, 1)));
  if (dice.pick(3) != 0) {
    o.s_region = circle_text(dice.uniform(0, 10), dice.uniform(-5, 5), dice.uniform(0.01, 1));
  }
  return out;
}

template <class T>
std::vector<T> some(Dice& dice, const std::function<T()>& make) {
  std::vector<T> list;
  if (dice.pick(4) != 0) return list;
  for (int i = dice.pick(3); i >= 0; --i) list.push_back(make());
  return list;
}

Question random_question(Dice& dice) {
  Question q;
  const std::function<Limits()> limits = [&] {
    const double lo = dice.uniform(0, 2);
    return dice.pick(8) == 0 ? Limits{lo} : Limits{lo, lo + dice.uniform(-0.1, 0.5)};
  };
  const std::function<std::string()> name = [&] { return dice.word(names); };
  for (auto list : {&Question::s_fov, &Question::s_resolution, &Question::em_res_power,
                    &Question::t_exptime, &Question::t_resolution}) {
    if (dice.pick(3) == 0) q.*list = some(dice, limits);
  }
  for (auto list : {&Question::target_name, &Question::facility_name, &Question::instrument_name}) {
    if (dice.pick(3) == 0) q.*list = some(dice, name);
  }
  q.obs_collection = some<std::string>(dice, [&] { return "c" + std::to_string(dice.pick(4)); });
  q.dataproduct_type = some<std::string>(dice, [&] { return dice.word({"image", "cube"}); });
  q.access_format = some<std::string>(dice, [&] { return dice.word({"image/fits", "x"}); });
  q.calib_level = some<std::int64_t>(dice, [&] { return dice.pick(6); });
  q.pol_states = some<std::string>(dice, [&] { return dice.word({"I", "Q", "X", "XX", ""}); });
  if (dice.pick(10) == 0)
    q.obs_publisher_did = {"IVO://X/c?" + std::to_string(dice.pick(400)), "ivo://x/c?1"};
  q.times = some<sky::TimeSpan>(dice, [&] {
    const double lo = dice.uniform(49990, 50110);
    return sky::TimeSpan{{lo}, {lo + dice.uniform(0, 5)}};
  });
  q.bands = some<sky::Band>(dice, [&] {
    const double lo = dice.uniform(0, 2e-6);
    return sky::Band{{lo}, {dice.pick(5) == 0 ? INFINITY : lo * 1.1}};
  });
  q.positions = some<sky::Region>(dice, [&] {
    const auto centre = sky::Direction::from_lon_lat(sky::Angle::from_degrees(dice.uniform(0, 10)),
                                                     sky::Angle::from_degrees(dice.uniform(-5, 5)));
    return sky::Circle(centre, sky::Angle::from_degrees(std::pow(10, dice.uniform(-3, 1))));
  });
  return q;
}

// ---- the plain look

bool any(const auto& list, const auto& test) {
  return list.empty() || std::any_of(list.begin(), list.end(), test);
}

bool satisfies(const ObsCore& o, const Question& q) {
  const auto within = [](const std::vector<Limits>& list, const std::optional<double>& value) {
    return any(list, [&](const Limits& l) { return value && l.lo <= *value && *value <= l.hi; });
  };
  const auto equal = [](const Names& list, const std::string& value) {
    return any(list, [&](const std::string& each) { return !value.empty() && each == value; });
  };
  const auto meets = [&](const sky::Region& region) {
    if (o.s_region.empty()) return false;
    const auto words = split_blanks(o.s_region);
    const auto number = [&](std::size_t i) { return *to_double(words[i]); };
    const sky::Circle& c = std::get<sky::Circle>(region);
    const double apart = sky::separation(c.centre(), sky::Direction::from_lon_lat(
                                                         sky::Angle::from_degrees(number(2)),
                                                         sky::Angle::from_degrees(number(3))))
                             .degrees();
    return apart <= c.radius().degrees() + number(4);
  };
  return within(q.s_fov, o.s_fov) && within(q.s_resolution, o.s_resolution) &&
         within(q.em_res_power, o.em_res_power) && within(q.t_exptime, o.t_exptime) &&
         within(q.t_resolution, o.t_resolution) && equal(q.obs_collection, o.obs_collection) &&
         equal(q.target_name, o.target_name) && equal(q.facility_name, o.facility_name) &&
         equal(q.instrument_name, o.instrument_name) &&
         equal(q.dataproduct_type, o.dataproduct_type) && equal(q.access_format, o.access_format) &&
         any(q.calib_level, [&](std::int64_t level) { return level == o.calib_level; }) &&
         any(q.obs_publisher_did,
             [&](const std::string& did) {
               return equal_ignoring_case(did, o.obs_publisher_did);
             }) &&
         any(q.pol_states,
             [&](const std::string& state) {
               const auto parts = split(o.pol_states, '/');
               return !state.empty() && std::find(parts.begin(), parts.end(), state) != parts.end();
             }) &&
         any(q.times,
             [&](const sky::TimeSpan& t) {
               return o.t_min && o.t_max && t.lo.days <= *o.t_max && *o.t_min <= t.hi.days;
             }) &&
         any(q.bands,
             [&](const sky::Band& b) {
               return o.em_min && o.em_max && b.lo.metres <= *o.em_max && *o.em_min <= b.hi.metres;
             }) &&
         any(q.positions, meets);
}

std::string plan_of(Database& database, const std::string& sql) {
  Statement row = database.prepare("EXPLAIN QUERY PLAN " + sql);
  std::string plan;
  while (row.step()) plan += std::string(row.text(3)) + "\n";
  return plan;
}

sky::Region circle(double lon, double lat, double radius) {
  return sky::Circle(
      sky::Direction::from_lon_lat(sky::Angle::from_degrees(lon), sky::Angle::from_degrees(lat)),
      sky::Angle::from_degrees(radius));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(questions)

BOOST_FIXTURE_TEST_CASE(random_questions_are_answered_as_by_a_plain_look, Archive) {
  Dice dice;
  std::vector<CatalogueRow> rows;
  for (int i = 0; i < 400; ++i) rows.push_back(random_row(dice, i));
  for (const Rejected& each : import(rows)) BOOST_ERROR(each.reason);
  std::map<std::string, int> paths;
  std::size_t hits = 0;
  for (int i = 0; i < 6000; ++i) {
    const Question question = random_question(dice);
    std::set<std::string> expected;
    for (const CatalogueRow& each : rows) {
      if (satisfies(each.obscore, question)) expected.insert(each.obscore.obs_id);
    }
    std::string path_taken;
    const std::set<std::string> answer = found(question, &path_taken);
    BOOST_TEST(answer == expected, "question " << i << " by " << path_taken);
    hits += expected.size();
    ++paths[path_taken];
  }
  BOOST_TEST(hits > 20000U);
  // Every way of answering was taken.
  for (const char* name : {"all",
                           "none",
                           "sky3",
                           "sky5",
                           "t_class",
                           "em_class",
                           "obs_publisher_did",
                           "obs_collection",
                           "facility_name",
                           "instrument_name",
                           "dataproduct_type",
                           "target_name",
                           "access_format",
                           "calib_level",
                           "pol_states",
                           "s_fov",
                           "s_resolution",
                           "em_res_power",
                           "t_exptime",
                           "t_resolution"}) {
    BOOST_TEST(paths[name] > 0, name);
  }
}

BOOST_FIXTURE_TEST_CASE(no_statement_reads_the_whole_archive, Archive) {
  std::size_t count = 0;
  for (const NamedStatement& statement : search_statements()) {
    const std::string plan = plan_of(database, statement.sql);
    BOOST_TEST_MESSAGE(statement.name << ": " << plan);
    ++count;
    if (statement.name == "all") continue;  // nothing is asked for: it ends at the limit
    const bool tree = statement.name.starts_with("sky");
    const std::string expected =
        tree ? "VIRTUAL TABLE INDEX 2:" : "SEARCH dataset USING COVERING INDEX dataset_";
    BOOST_TEST(plan.find(expected) != std::string::npos, statement.name + ": " + plan);
    BOOST_TEST(plan.find("SCAN dataset") == std::string::npos, statement.name + ": " + plan);
    BOOST_TEST(plan.find("TEMP B-TREE") == std::string::npos, statement.name + ": " + plan);
  }
  BOOST_TEST(count > 25U);
}

BOOST_FIXTURE_TEST_CASE(the_limit_ends_the_answer_and_tells_whether_there_is_more, Archive) {
  std::vector<CatalogueRow> rows;
  for (int i = 0; i < 10; ++i) rows.push_back(row(i));
  import(rows);
  for (const auto& [limit, expected] :
       {std::pair(0, 0), std::pair(3, 3), std::pair(9, 9), std::pair(10, 10), std::pair(11, 10)}) {
    for (const bool named : {false, true}) {
      Question question;
      if (named) question.obs_collection = {"c"};
      question.limit = limit;
      Answer answer = store::answer(database, question, {});
      int handed = 0;
      while (answer.next()) ++handed;
      BOOST_TEST(handed == expected);
      BOOST_TEST(answer.overflowed() == (limit < 10));
      BOOST_TEST(!answer.next());
    }
  }
}

BOOST_FIXTURE_TEST_CASE(cells_come_in_the_order_asked_for_with_their_types, Archive) {
  CatalogueRow one = row(1);
  one.obscore.target_name = "M 31";
  one.obscore.s_xel1 = 2048;
  one.obscore.t_min = 50000.5;
  one.own = {Value("deep"), Value(std::int64_t{7}), Value()};
  Column field, night, seeing;
  field.name = "field";
  field.datatype = "char";
  field.arraysize = "*";
  night.name = "night";
  night.type = ColumnType::integer;
  night.datatype = "long";
  seeing.name = "seeing";
  seeing.type = ColumnType::real;
  seeing.datatype = "double";
  seeing.unit = "arcsec";
  BOOST_TEST(import({one}, {field, night, seeing}).empty());
  Answer answer = store::answer(
      database, {}, {"seeing", "t_min", "night", "target_name", "field", "s_xel1", "access_url"});
  BOOST_REQUIRE(answer.next());
  const auto cells = answer.row();
  BOOST_TEST((cells[0] == Cell()));
  BOOST_TEST((cells[1] == Cell(50000.5)));
  BOOST_TEST((cells[2] == Cell(std::int64_t{7})));
  BOOST_TEST((cells[3] == Cell(std::string_view("M 31"))));
  BOOST_TEST((cells[4] == Cell(std::string_view("deep"))));
  BOOST_TEST((cells[5] == Cell(std::int64_t{2048})));
  BOOST_TEST((cells[6] == Cell()));
  BOOST_TEST(!answer.next());
  const std::vector<Column> all = all_columns(database);
  BOOST_TEST(all.size() == obscore_columns().size() + 3);
  BOOST_TEST(all.back().unit == "arcsec");
  BOOST_CHECK_THROW(store::answer(database, {}, {"shape"}), Failure);
  BOOST_CHECK_THROW(store::answer(database, {}, {"1; DROP TABLE dataset"}), Failure);
}

BOOST_FIXTURE_TEST_CASE(own_columns_are_added_changed_and_refused, Archive) {
  const auto declare = [&](const std::string& name, ColumnType type, const std::string& unit) {
    Column column;
    column.name = name;
    column.type = type;
    column.unit = unit;
    Recorder recorder(database, {column});
    return recorder.own().size();
  };
  BOOST_TEST(declare("airmass", ColumnType::real, "") == 1U);
  BOOST_TEST(declare("moon", ColumnType::real, "deg") == 2U);
  BOOST_TEST(declare("airmass", ColumnType::real, "s") == 2U);
  BOOST_TEST(own_columns(database)[0].unit == "s");
  for (const char* name :
       {"", "s_ra", "id", "file", "shape", "rowid", "Airmass", "1st", "a b", "a\"", "em_class"}) {
    BOOST_CHECK_THROW(declare(name, ColumnType::real, ""), Failure);
  }
  BOOST_CHECK_THROW(declare("moon", ColumnType::text, ""), Failure);
  BOOST_CHECK_THROW(declare(std::string(65, 'a'), ColumnType::text, ""), Failure);
  BOOST_TEST(own_columns(database).size() == 2U);
}

BOOST_FIXTURE_TEST_CASE(rows_of_a_catalogue_replace_are_rejected_and_retracted, Archive) {
  std::vector<CatalogueRow> rows;
  for (int i = 0; i < 8; ++i) rows.push_back(row(i));
  rows[1].obscore.obs_collection = "";
  rows[2].obscore.calib_level = 5;
  rows[3].obscore.s_region = "Ellipse ICRS 1 2 3";
  rows[4].obscore.obs_publisher_did = "IVO://x/c?0";
  rows[5].obscore.s_dec = 91;
  rows[6].obscore.t_min = 2;
  rows[6].obscore.t_max = 1;
  rows[7].obscore.s_ra = 10;
  rows[7].obscore.s_dec = 20;
  rows[7].obscore.s_fov = 1;
  const std::vector<Rejected> rejected = import(rows);
  BOOST_REQUIRE_EQUAL(rejected.size(), 6U);
  const std::vector<std::pair<std::size_t, std::string>> expected = {
      {1, "obs_collection"}, {2, "calib_level is 5"}, {3, "Ellipse"},
      {4, "stands twice"},   {5, "s_dec is 91"},      {6, "t_min"}};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    BOOST_TEST(rejected[i].row == expected[i].first);
    BOOST_TEST(rejected[i].reason.find(expected[i].second) != std::string::npos,
               rejected[i].reason);
  }
  BOOST_TEST(count_datasets(database) == 2);
  Question there;
  there.positions = {circle(10.4, 20, 0.001)};
  BOOST_TEST((found(there) == std::set<std::string>{"7"}));
  Question elsewhere;
  elsewhere.positions = {circle(50, 20, 0.001)};
  rows[7].obscore.s_ra = 50;
  BOOST_TEST(import({rows[7]}).empty());
  BOOST_TEST(count_datasets(database) == 2);
  BOOST_TEST(found(there).empty());
  BOOST_TEST((found(elsewhere) == std::set<std::string>{"7"}));
  {
    // No file, so nothing to cut from.
    Holdings holdings(std::make_shared<Database>(path, Mode::read_only));
    BOOST_TEST(holdings.find("ivo://x/c?7") == nullptr);
    BOOST_TEST(holdings.first(5).empty());
    BOOST_TEST(!holdings.empty());
  }
  Recorder recorder(database);
  database.transaction([&] {
    BOOST_TEST(recorder.retract("IVO://X/C?7"));
    BOOST_TEST(!recorder.retract("ivo://x/c?7"));
  });
  BOOST_TEST(found(elsewhere).empty());
  BOOST_TEST(count_datasets(database) == 1);
}

BOOST_FIXTURE_TEST_CASE(an_identifier_of_a_file_is_not_taken_by_a_catalogue, Archive) {
  FileContents contents;
  contents.file.root = "data";
  contents.file.path = "a.fits";
  contents.did = "ivo://x/c?a";
  NewDataset dataset;
  dataset.obscore = row(1).obscore;
  dataset.obscore.s_region = "Circle ICRS 1 2 0.5";
  contents.datasets = {dataset};
  std::int64_t file = 0;
  {
    Recorder recorder(database);
    database.transaction([&] { recorder.put(contents); });
    file = recorder.known("data", "a.fits")->file.id;
  }
  Question question;
  question.positions = {circle(1, 2, 0.1)};
  BOOST_TEST(found(question).size() == 1U);
  const std::vector<Rejected> rejected = import({row(1)});
  BOOST_REQUIRE_EQUAL(rejected.size(), 1U);
  BOOST_TEST(rejected[0].reason.find("a.fits") != std::string::npos);
  import({row(2)});
  contents.datasets[0].obscore.obs_publisher_did = "ivo://x/c?2";
  Recorder recorder(database);
  BOOST_CHECK_THROW(database.transaction([&] { recorder.put(contents); }), Failure);
  database.transaction([&] { recorder.remove(file); });
  BOOST_TEST(found(question).empty());
  BOOST_TEST(count_datasets(database) == 1);
}

BOOST_FIXTURE_TEST_CASE(an_answer_sees_one_state_and_many_answers_live_side_by_side, Archive) {
  std::vector<CatalogueRow> rows;
  for (int i = 0; i < 1000; ++i) rows.push_back(row(i));
  import(rows);
  Database reader(path, Mode::read_only);
  Answer first = store::answer(reader, {}, {"obs_id"});
  BOOST_TEST(first.next());
  for (CatalogueRow& each : rows) each.obscore.obs_id += "x";
  for (int i = 1000; i < 1100; ++i) rows.push_back(row(i));
  import(rows);
  Answer second = store::answer(reader, {}, {"obs_id"});
  int count = 1;
  while (first.next()) {
    ++count;
    BOOST_TEST(second.next());
    BOOST_TEST(std::get<std::string_view>(first.row()[0]).find('x') == std::string_view::npos);
  }
  BOOST_TEST(count == 1000);
  BOOST_CHECK_THROW(reader.transaction([] {}), Failure);
}

BOOST_FIXTURE_TEST_CASE(ten_thousand_positions_are_answered_in_time, Archive) {
  std::vector<CatalogueRow> rows;
  for (int i = 0; i < 1000; ++i) {
    rows.push_back(row(i));
    rows.back().obscore.s_region = circle_text(i * 0.36, 0, 0.1);
  }
  import(rows);
  Question question;
  for (int i = 0; i < 10000; ++i) question.positions.push_back(circle(i * 0.036, 0, 0.001));
  for (int i = 0; i < 10000; ++i) question.times.push_back({{i * 2.0}, {i * 2.0 + 1}});
  const std::clock_t start = std::clock();
  BOOST_TEST(found(question).empty());  // no row has a time
  question.times.clear();
  BOOST_TEST(found(question).size() == 1000U);
  question.positions.assign(10000, circle(0, 0, 0.001));
  BOOST_TEST(found(question).size() == 1U);
  BOOST_TEST(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC < 20);
}

BOOST_FIXTURE_TEST_CASE(different_values_are_listed_in_order, Archive) {
  std::vector<CatalogueRow> rows;
  for (int i = 0; i < 20; ++i) {
    rows.push_back(row(i));
    rows.back().obscore.instrument_name = i % 4 == 0 ? "" : "*cam " + std::to_string(i % 3);
    rows.back().obscore.calib_level = i % 3;
  }
  import(rows);
  BOOST_TEST(
      (distinct_values(database, "instrument_name", 10) == Names{"*cam 0", "*cam 1", "*cam 2"}));
  BOOST_TEST((distinct_values(database, "instrument_name", 2) == Names{"*cam 0", "*cam 1"}));
  BOOST_TEST((distinct_values(database, "calib_level", 10) == Names{"0", "1", "2"}));
  BOOST_TEST(distinct_values(database, "target_name", 10).empty());
  BOOST_CHECK_THROW(distinct_values(database, "s_ra", 10), Failure);
}

BOOST_FIXTURE_TEST_CASE(an_identifier_comes_once_through_one_recorder, Archive) {
  BOOST_TEST(import({row(0), row(1)}).empty());
  Recorder recorder(database);
  const auto take = [&](std::vector<CatalogueRow> rows) {
    std::vector<std::size_t> rejected;
    database.transaction([&] {
      for (const Rejected& one : recorder.import_rows(rows)) {
        BOOST_TEST(one.reason.find("stands twice") != std::string::npos, one.reason);
        rejected.push_back(one.row);
      }
    });
    return rejected;
  };
  BOOST_TEST(take({row(0), row(2)}).empty());  // one replaces, one is new
  CatalogueRow loud = row(2);
  loud.obscore.obs_publisher_did = "IVO://X/C?2";
  BOOST_TEST((take({row(0), row(1), row(2), loud, row(3)}) == std::vector<std::size_t>{0, 2, 3}));
  BOOST_TEST((take({row(1), row(3)}) == std::vector<std::size_t>{0, 1}));
  BOOST_TEST(count_datasets(database) == 4);
}

BOOST_FIXTURE_TEST_CASE(batches_come_whole_and_readers_are_never_locked_out, Archive) {
  const int batch = 200, batches = 40;
  const pid_t child = scratch::start([&] {
    Database writer(path, Mode::read_write);
    Recorder recorder(writer);
    for (int i = 0; i < batches; ++i) {
      std::vector<CatalogueRow> rows;
      for (int k = 0; k < batch; ++k) rows.push_back(row(i * batch + k));
      writer.transaction([&] { recorder.import_rows(rows); });
    }
    return 0;
  });
  Database reader(path, Mode::read_only);
  int seen = 0, looks = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (seen < batch * batches && std::chrono::steady_clock::now() < end) {
    Question question;
    question.obs_collection = {"c"};
    Answer answer = store::answer(reader, question, {"obs_id"});
    seen = 0;
    while (answer.next()) ++seen;
    BOOST_TEST(seen % batch == 0);
    ++looks;
  }
  BOOST_TEST(seen == batch * batches);
  BOOST_TEST(looks > 1);
  BOOST_TEST(scratch::wait_for(child) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
