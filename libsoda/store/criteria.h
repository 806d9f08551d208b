// A question made ready to be held against rows: lists sorted and without repetitions, intervals
// united, regions prepared. Private to the room.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "sky/probe.h"
#include "store/query.h"

namespace soda::store {

template <class Member>
struct Criterion {
  std::string_view column;
  Member member;
};

// The lists of a Question by the column that they are about.
inline constexpr auto text_criteria =
    std::to_array<Criterion<std::vector<std::string> Question::*>>({
        {"obs_collection", &Question::obs_collection},
        {"facility_name", &Question::facility_name},
        {"instrument_name", &Question::instrument_name},
        {"dataproduct_type", &Question::dataproduct_type},
        {"target_name", &Question::target_name},
        {"access_format", &Question::access_format},
        {"obs_id", &Question::obs_id},
    });
inline constexpr auto number_criteria = std::to_array<Criterion<std::vector<Limits> Question::*>>({
    {"s_fov", &Question::s_fov},
    {"s_resolution", &Question::s_resolution},
    {"em_res_power", &Question::em_res_power},
    {"t_exptime", &Question::t_exptime},
    {"t_resolution", &Question::t_resolution},
});

class Criteria {
 public:
  explicit Criteria(Question question);

  // Lists as described above; text that could equal nothing is left out.
  const Question& question() const noexcept { return question_; }
  const std::vector<sky::Probe>& probes() const noexcept { return probes_; }
  const std::vector<Limits>& times() const noexcept { return times_; }
  const std::vector<Limits>& bands() const noexcept { return bands_; }
  // A list was given of which nothing is left: no row satisfies it.
  bool hopeless() const noexcept { return hopeless_; }
  // How many of the lists ask for something.
  int count() const noexcept { return count_; }

  // SELECT … FROM dataset WHERE id = ?1, whose row the two functions below judge.
  const std::string& statement() const;
  // All but the positions.
  bool satisfied_by(const Statement& row) const;
  bool met_by_any_probe(const Statement& row) const;
  static bool met_by(const sky::Probe& probe, const Statement& row);

 private:
  template <class List, class Tidy>
  void prepare(List& list, Tidy tidy);
  void prepare_positions();

  Question question_;
  std::vector<sky::Probe> probes_;
  std::vector<Limits> times_, bands_;
  bool hopeless_ = false;
  int count_ = 0;
};

// Whether "/I/Q/" names one of the states.
bool has_state(std::string_view pol_states, const std::vector<std::string>& wanted);

}  // namespace soda::store
