// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import static dev.wattle.power.semantics.VectorMachine.element;
import static dev.wattle.power.semantics.VectorMachine.hex;
import static dev.wattle.power.semantics.VectorMachine.put;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigInteger;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class VectorCryptoTest {
    private final VectorMachine machine = new VectorMachine("VectorCryptoTest");

    @AfterEach
    void close() {
        machine.close();
    }

    /** Round keys of AES-128, from vsbox and shifts as FIPS 197, 5.2 has it. */
    private long[][] expandKey(long... key) {
        int[] w = new int[44];
        for (int i = 0; i < 4; i++) {
            w[i] = (int) element(key, 32, i);
        }
        int constant = 1;
        for (int i = 4; i < 44; i++) {
            int t = w[i - 1];
            if (i % 4 == 0) {
                machine.set(1, Integer.toUnsignedLong(Integer.rotateLeft(t, 8)), 0);
                machine.run("vsbox 0, 1");
                t = (int) machine.get(0)[0] ^ constant << 24;
                constant = constant << 1 ^ (constant >>> 7) * 0x11b;
            }
            w[i] = w[i - 4] ^ t;
        }
        long[][] keys = new long[11][2];
        for (int i = 0; i < 44; i++) {
            put(keys[i / 4], 32, i % 4, w[i]);
        }
        return keys;
    }

    @Test
    void Aes128_fips197AppendixC_encryptsAndDecrypts() {
        long[][] keys = expandKey(0x0001_0203_0405_0607L, 0x0809_0a0b_0c0d_0e0fL);
        assertEquals("13111d7fe3944a17_f307a78b4d2b30c5", hex(keys[10]));
        long[] plain = {0x0011_2233_4455_6677L, 0x8899_aabb_ccdd_eeffL};
        machine.set(1, plain[0] ^ keys[0][0], plain[1] ^ keys[0][1]);
        for (int round = 1; round <= 10; round++) {
            machine.set(2, keys[round]);
            machine.run(round < 10 ? "vcipher 1, 1, 2" : "vcipherlast 1, 1, 2");
            if (round == 1) {
                // The start of round 2 in FIPS 197, C.1
                assertEquals("89d810e8855ace68_2d1843d8cb128fe4", hex(machine.get(1)));
            }
        }
        assertEquals("69c4e0d86a7b0430_d8cdb78070b4c55a", hex(machine.get(1)));
        machine.set(2, keys[10]);
        machine.run("vxor 1, 1, 2");
        for (int round = 9; round >= 0; round--) {
            machine.set(2, keys[round]);
            machine.run(round > 0 ? "vncipher 1, 1, 2" : "vncipherlast 1, 1, 2");
        }
        assertEquals(hex(plain), hex(machine.get(1)));
    }

    @Test
    void Cipher_randomStates_isUndoneByItsInverse() {
        for (int i = 0; i < 1000; i++) {
            long[] state = machine.vector(64);
            machine.set(1, state);
            machine.set(2, 0, 0);
            machine.run("vcipherlast 0, 1, 2");
            machine.run("vncipherlast 0, 0, 2");
            assertEquals(hex(state), hex(machine.get(0)));
        }
    }

    private int sigmaWord(int x, int st, int six) {
        machine.set(1, Integer.toUnsignedLong(x), (long) x << 32);
        machine.run("vshasigmaw 0, 1, " + st + ", " + (six == 0 ? 0 : 15));
        long[] v = machine.get(0);
        assertEquals(element(v, 32, 1), element(v, 32, 2));
        return (int) v[0];
    }

    private long sigmaDoubleword(long x, int st, int six) {
        machine.set(1, x, x);
        machine.run("vshasigmad 0, 1, " + st + ", " + (six == 0 ? 0 : 15));
        assertEquals(machine.get(0)[0], machine.get(0)[1]);
        return machine.get(0)[0];
    }

    /** The first {@code n} primes' roots give the constants of both hashes: FIPS 180-4, 4.2 and 5.3. */
    private static int[] primes(int n) {
        int[] primes = new int[n];
        int count = 0;
        for (int i = 2; count < n; i++) {
            int candidate = i;
            if (Arrays.stream(primes, 0, count).allMatch(q -> candidate % q != 0)) {
                primes[count++] = i;
            }
        }
        return primes;
    }

    /** The first 64 bits of the fraction of a square or cube root. */
    private static long rootFraction(int prime, int degree) {
        BigInteger scaled = BigInteger.valueOf(prime).shiftLeft(64 * degree);
        BigInteger root = BigInteger.ZERO;
        for (int bit = 70; bit >= 0; bit--) {
            BigInteger next = root.setBit(bit);
            if (next.pow(degree).compareTo(scaled) <= 0) {
                root = next;
            }
        }
        return root.longValue();
    }

    @Test
    void Sha256_abc_hasTheDigestOfFips180() {
        int[] primes = primes(64);
        int[] w = new int[64];
        w[0] = 0x6162_6380;
        w[15] = 24;
        for (int t = 16; t < 64; t++) {
            w[t] = sigmaWord(w[t - 2], 0, 1) + w[t - 7] + sigmaWord(w[t - 15], 0, 0) + w[t - 16];
        }
        int[] h = new int[8];
        for (int i = 0; i < 8; i++) {
            h[i] = (int) (rootFraction(primes[i], 2) >>> 32);
        }
        int[] s = h.clone();
        for (int t = 0; t < 64; t++) {
            int k = (int) (rootFraction(primes[t], 3) >>> 32);
            int t1 = s[7] + sigmaWord(s[4], 1, 1) + (s[4] & s[5] ^ ~s[4] & s[6]) + k + w[t];
            int t2 = sigmaWord(s[0], 1, 0) + (s[0] & s[1] ^ s[0] & s[2] ^ s[1] & s[2]);
            System.arraycopy(s, 0, s, 1, 7);
            s[4] += t1;
            s[0] = t1 + t2;
        }
        StringBuilder digest = new StringBuilder();
        for (int i = 0; i < 8; i++) {
            digest.append(String.format("%08x", h[i] + s[i]));
        }
        assertEquals("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", digest.toString());
    }

    @Test
    void Sha512_abc_hasTheDigestOfFips180() {
        int[] primes = primes(80);
        long[] w = new long[80];
        w[0] = 0x6162_6380_0000_0000L;
        w[15] = 24;
        for (int t = 16; t < 80; t++) {
            w[t] = sigmaDoubleword(w[t - 2], 0, 1) + w[t - 7] + sigmaDoubleword(w[t - 15], 0, 0) + w[t - 16];
        }
        long[] h = new long[8];
        for (int i = 0; i < 8; i++) {
            h[i] = rootFraction(primes[i], 2);
        }
        long[] s = h.clone();
        for (int t = 0; t < 80; t++) {
            long k = rootFraction(primes[t], 3);
            long t1 = s[7] + sigmaDoubleword(s[4], 1, 1) + (s[4] & s[5] ^ ~s[4] & s[6]) + k + w[t];
            long t2 = sigmaDoubleword(s[0], 1, 0) + (s[0] & s[1] ^ s[0] & s[2] ^ s[1] & s[2]);
            System.arraycopy(s, 0, s, 1, 7);
            s[4] += t1;
            s[0] = t1 + t2;
        }
        StringBuilder digest = new StringBuilder();
        for (int i = 0; i < 8; i++) {
            digest.append(String.format("%016x", h[i] + s[i]));
        }
        assertEquals(
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                        + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
                digest.toString());
    }

    @Test
    void ShaSigma_mixedSelectors_chooseForEachElement() {
        long[] a = machine.vector(64);
        for (int six = 0; six < 16; six++) {
            for (int st = 0; st < 2; st++) {
                long[] words = new long[2];
                for (int i = 0; i < 4; i++) {
                    put(words, 32, i, sigmaWord((int) element(a, 32, i), st, six >> 3 - i & 1));
                }
                long[] doublewords = new long[2];
                for (int i = 0; i < 2; i++) {
                    doublewords[i] = sigmaDoubleword(a[i], st, six >> 3 - 2 * i & 1);
                }
                machine.set(1, a);
                machine.run("vshasigmaw 0, 1, " + st + ", " + six);
                assertEquals(hex(words), hex(machine.get(0)));
                machine.run("vshasigmad 0, 1, " + st + ", " + six);
                assertEquals(hex(doublewords), hex(machine.get(0)));
            }
        }
    }

    @Test
    void PolynomialMultiplySum_randomAndFullOperands_agreesBitByBit() {
        for (int width = 8; width <= 64; width *= 2) {
            char letter = "bhwd".charAt(Integer.numberOfTrailingZeros(width) - 3);
            for (int round = 0; round < 300; round++) {
                long[] a = round == 0 ? new long[] {-1, -1} : machine.vector(width);
                long[] b = round <= 1 ? new long[] {-1, -1} : machine.vector(width);
                long[] expected = new long[2];
                for (int i = 0; i < 128 / width; i++) {
                    long high = 0;
                    long low = 0;
                    long y = element(b, width, i);
                    for (int bit = 0; bit < width; bit++) {
                        if ((element(a, width, i) >>> bit & 1) != 0) {
                            low ^= y << bit;
                            high ^= bit == 0 ? 0 : y >>> 64 - bit;
                        }
                    }
                    if (width == 64) {
                        expected[0] ^= high;
                        expected[1] ^= low;
                    } else {
                        put(expected, 2 * width, i / 2, element(expected, 2 * width, i / 2) ^ low);
                    }
                }
                machine.set(1, a);
                machine.set(2, b);
                machine.run("vpmsum" + letter + " 0, 1, 2");
                assertEquals(hex(expected), hex(machine.get(0)), letter + " " + hex(a) + " " + hex(b));
            }
        }
    }
}
