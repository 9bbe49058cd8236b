// SPDX-License-Identifier: Apache-2.0
package dev.wattle.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class MarkerTest {
    @Test
    void Line_withAMarkerAnywhere_isRead() {
        assertEquals(Optional.of(new Marker.Ready()), Marker.in("[    1.0] x@@READY"));
        assertEquals(Optional.of(new Marker.Begin("fib")), Marker.in("@@BEGIN fib"));
        assertEquals(Optional.of(new Marker.End("fib", 1)), Marker.in("@@END fib 1"));
        assertEquals(Optional.of(new Marker.Done()), Marker.in("@@DONE"));
        assertEquals(
                Optional.of(new Marker.Result("fib", "3c9a", 16.77, 0.025)),
                Marker.in("@@RESULT fib checksum=3c9a operations=573130 ns=16.77 cpu=0.025"));
    }

    @Test
    void Line_withoutOrWithADamagedMarker_isNone() {
        for (String line :
                new String[] {"", "BEGIN fib", "@@BEGIN", "@@END fib", "@@END fib x", "@@OTHER", "@@RESULT fib ns=1[ 2"
                }) {
            assertEquals(Optional.empty(), Marker.in(line), line);
        }
    }
}
