// SPDX-License-Identifier: Apache-2.0
// Five bodies under gravity, positions and speeds in doubles: each iteration is one step of the leapfrog.
#include "bench.h"

#include <math.h>

enum { BODIES = 5 };

struct body {
    double place[3];
    double speed[3];
    double mass;
};

struct outcome run_nbody(uint64_t iterations) {
    static struct body bodies[BODIES];
    for (int i = 0; i < BODIES; i++) {
        // On circles around the first, heavy one, each in its own plane.
        double radius = i * 1.75;
        double speed = i == 0 ? 0 : sqrt(40 / radius);
        bodies[i] = (struct body) {
            {radius, 0, 0},
            {0, speed * (1 - 0.01 * i), speed * 0.1 * i},
            i == 0 ? 40 : 0.01 * i,
        };
    }
    const double step = 0.001;
    for (uint64_t n = 0; n < iterations; n++) {
        for (int i = 0; i < BODIES; i++) {
            for (int j = i + 1; j < BODIES; j++) {
                double way[3];
                double square = 0;
                for (int k = 0; k < 3; k++) {
                    way[k] = bodies[i].place[k] - bodies[j].place[k];
                    square += way[k] * way[k];
                }
                double pull = step / (square * sqrt(square));
                for (int k = 0; k < 3; k++) {
                    bodies[i].speed[k] -= way[k] * bodies[j].mass * pull;
                    bodies[j].speed[k] += way[k] * bodies[i].mass * pull;
                }
            }
        }
        for (int i = 0; i < BODIES; i++) {
            for (int k = 0; k < 3; k++) {
                bodies[i].place[k] += step * bodies[i].speed[k];
            }
        }
    }
    uint64_t checksum = 0;
    for (int i = 0; i < BODIES; i++) {
        for (int k = 0; k < 3; k++) {
            checksum = fold_double(checksum, bodies[i].place[k]);
        }
    }
    return (struct outcome) {checksum, iterations};
}
