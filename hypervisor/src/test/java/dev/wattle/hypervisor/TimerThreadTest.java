// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TimerThreadTest {
    private static final long HOUR = 3_600_000_000_000L;
    private static final Runnable NOTHING = () -> {};

    @Test
    void Timers_setByManyThreads_expireOnceForEachMoment() throws InterruptedException {
        int rounds = 300;
        long seed = System.nanoTime();
        System.out.println("TimerThreadTest seed " + seed);
        SplittableRandom random = new SplittableRandom(seed);
        try (TimerThread timers = new TimerThread()) {
            timers.start();
            List<AtomicInteger> counts = new ArrayList<>();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                AtomicInteger count = new AtomicInteger();
                counts.add(count);
                Semaphore expired = new Semaphore(0);
                DecrementerTimer timer = timers.timer(() -> {
                    count.incrementAndGet();
                    expired.release();
                });
                SplittableRandom delays = random.split();
                threads.add(Thread.ofPlatform().start(() -> {
                    for (int n = 0; n < rounds; n++) {
                        timer.set(delays.nextInt(200_000) - 1000, NOTHING);
                        expired.acquireUninterruptibly();
                    }
                }));
            }
            for (Thread thread : threads) {
                thread.join();
            }
            for (AtomicInteger count : counts) {
                assertEquals(rounds, count.get());
            }
        }
    }

    @Test
    void Wake_whileATimerIsBeingSet_isNotLost() {
        for (int n = 0; n < 3000; n++) {
            TimerThread timers = new TimerThread();
            timers.start();
            DecrementerTimer timer = timers.timer(NOTHING);
            // The thread waits for the timer's lock when it is told to end.
            timer.set(HOUR, NOTHING);
            timer.set(0, NOTHING);
            timer.set(0, Thread::onSpinWait);
            timers.close();
        }
    }

    @Test
    void Moment_setAgain_replacesTheOlderOne() throws InterruptedException {
        try (TimerThread timers = new TimerThread()) {
            timers.start();
            Semaphore first = new Semaphore(0);
            Semaphore second = new Semaphore(0);
            DecrementerTimer timer = timers.timer(first::release);
            DecrementerTimer other = timers.timer(second::release);
            for (int n = 0; n < 100; n++) {
                // Later: what has expired before is taken back, and nothing comes afterwards.
                timer.set(n * 1000, NOTHING);
                timer.set(HOUR, first::drainPermits);
                other.set(0, NOTHING);
                second.acquire();
                assertEquals(0, first.availablePermits(), "an older moment");
                // Sooner, while the thread sleeps towards the hour.
                timer.set(0, NOTHING);
                assertTrue(first.tryAcquire(30, TimeUnit.SECONDS), "the newer moment");
            }
        }
    }
}
