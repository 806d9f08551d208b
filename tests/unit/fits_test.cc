#define BOOST_TEST_MODULE fits
#include <boost/test/unit_test.hpp>
