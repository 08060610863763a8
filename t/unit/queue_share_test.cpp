#include "access/queue_share.hpp"

#include <gtest/gtest.h>

namespace private_image {
namespace {

struct QueueCase {
    QueueCounts queue;  // renders, places, running, taken, waiting unsigned
    bool maySigned, mayUnsigned;
};

TEST(QueueShare, UnsignedRequestsHoldHalfOfThePlacesAndTheIdleRenders) {
    const QueueCase cases[] = {
        {{1, 8, 0, 0, 0}, true, true},
        {{1, 8, 0, 4, 4}, true, true},    // the idle render's place
        {{1, 8, 0, 5, 5}, true, false},   // half, and the idle one
        {{1, 8, 1, 5, 4}, true, false},   // half, nothing idle
        {{1, 8, 1, 5, 3}, true, true},    //
        {{2, 8, 1, 6, 5}, true, false},   //
        {{1, 8, 3, 5, 4}, true, false},   // runs more than its own, which are idle elsewhere
        {{1, 8, 1, 8, 0}, true, true},    // the last place
        {{1, 8, 1, 9, 0}, false, false},  // full
        {{1, 8, 1, 20, 9}, false, false},
        {{1, 0, 0, 0, 0}, true, true},  // nothing may wait, but a render may begin
        {{1, 0, 0, 0, 1}, true, false},
        {{1, 0, 1, 1, 0}, false, false},
        {{1, 1, 1, 1, 0}, true, false},  // half of one place, rounded down
    };
    for (const QueueCase& one : cases) {
        EXPECT_EQ(mayTakePlace(one.queue, false), one.maySigned) << &one - cases;
        EXPECT_EQ(mayTakePlace(one.queue, true), one.mayUnsigned) << &one - cases;
    }
}

}  // namespace
}  // namespace private_image
