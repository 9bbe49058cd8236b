// SPDX-License-Identifier: Apache-2.0
// What programs for two processors use.
#ifndef PROCESSORS_H
#define PROCESSORS_H

// Has the calling thread run on one processor alone.
void pin(int processor);

#endif
