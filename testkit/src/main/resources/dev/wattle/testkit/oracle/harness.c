// SPDX-License-Identifier: Apache-2.0

// Runs small pieces of code from full register images under a user-mode emulator or on a real processor. No C library:
// the same source serves both byte orders with the ELFv2 ABI.
//
// A batch on standard input: a 32-bit count, 4 zero bytes, then that many records of RECORD bytes; the same number of
// RESULT bytes records goes to standard output. All fields in native byte order.
//
// Record: 0 number of code words (u32), 4 code address (u32), 8 image register: 2 or 30 (u32), 12 zero, 16 up to 28 code words,
//         128 registers as in trampoline.S (1344 bytes), 1472 memory window (512), 1984 memory edge (64).
// Result: 0 registers (1344), 1344 memory window (512), 1856 memory edge (64), 1920 signal number, signal code,
//         signal address, instruction address (u64 each), 1952 zero up to 1984.

typedef unsigned int u32;
typedef unsigned long u64;

#define RECORD 2048
#define RESULT 1984
#define BATCH 2048
#define REGISTERS 1344

#define CODE 0x01000000UL
#define CODE_BYTES 0x00800000UL
#define IMAGE 0x18000000UL
#define IMAGE_BYTES 0x10000UL
#define MEMORY 0x18100000UL
#define MEMORY_BYTES 0x20000UL
#define WINDOW (MEMORY + 0xff00)
#define WINDOW_BYTES 512
#define EDGE (MEMORY + MEMORY_BYTES - 64)
#define EDGE_BYTES 64

#define EXIT_STRIDE 2048

extern void enter_r2(u64 *image, u64 code);
extern void enter_r30(u64 *image, u64 code);
extern char leave_r2[], leave_r2_end[], leave_r30[], leave_r30_end[];

static unsigned char in[BATCH * RECORD] __attribute__((aligned(64)));
static unsigned char out[BATCH * RESULT] __attribute__((aligned(64)));
static unsigned char signal_stack[65536] __attribute__((aligned(64)));
static u64 signal_number, signal_code, signal_address, signal_nip;
static u64 leave;

static long call(long n, long a, long b, long c, long d, long e, long f) {
    register long r0 __asm__("r0") = n;
    register long r3 __asm__("r3") = a;
    register long r4 __asm__("r4") = b;
    register long r5 __asm__("r5") = c;
    register long r6 __asm__("r6") = d;
    register long r7 __asm__("r7") = e;
    register long r8 __asm__("r8") = f;
    __asm__ volatile("sc\n\tbns+ 1f\n\tneg %1,%1\n1:"
                     : "+r"(r0), "+r"(r3), "+r"(r4), "+r"(r5), "+r"(r6), "+r"(r7), "+r"(r8)
                     :
                     : "r9", "r10", "r11", "r12", "cr0", "ctr", "xer", "memory");
    return r3;
}

static void quit(int status) {
    for (;;) {
        call(234, status, 0, 0, 0, 0, 0);
    }
}

static void transfer(int number, int file, unsigned char *at, u64 bytes) {
    while (bytes > 0) {
        long n = call(number, file, (long)at, (long)bytes, 0, 0, 0);
        if (n <= 0) {
            quit(n == 0 ? 0 : 2);
        }
        at += n;
        bytes -= n;
    }
}

static void copy(u64 *to, const u64 *from, u64 bytes) {
    for (u64 i = 0; i < bytes / 8; i += 4) {
        u64 a = from[i], b = from[i + 1], c = from[i + 2], d = from[i + 3];
        to[i] = a;
        to[i + 1] = b;
        to[i + 2] = c;
        to[i + 3] = d;
    }
}

// The general registers in the signal frame, NIP being number 32.
#define FRAME_REGISTERS 232

static void handler(int number, u64 *info, unsigned char *context) {
    u64 *registers = (u64 *)(context + FRAME_REGISTERS);
    u64 nip = registers[32];
    if (signal_number != 0) {
        quit(3);
    }
    signal_number = number;
    signal_code = ((u32 *)info)[2];
    signal_address = info[2];
    signal_nip = nip;
    registers[32] = leave;
}

static void map(u64 at, u64 bytes) {
    // Read, write, execute; private, fixed, anonymous.
    if (call(90, at, bytes, 7, 0x32, -1, 0) != (long)at) {
        quit(4);
    }
}

static void flush(u64 from, u64 to) {
    for (u64 at = from & -32UL; at < to; at += 32) {
        __asm__ volatile("dcbst 0,%0" : : "r"(at) : "memory");
    }
    __asm__ volatile("sync" : : : "memory");
    for (u64 at = from & -32UL; at < to; at += 32) {
        __asm__ volatile("icbi 0,%0" : : "r"(at) : "memory");
    }
    __asm__ volatile("sync\n\tisync" : : : "memory");
}

static void write_code(const unsigned char *record) {
    const u32 *header = (const u32 *)record;
    u32 words = header[0], address = header[1], base = header[2];
    u32 *at = (u32 *)(u64)address;
    *at++ = 0x7c0903a6;                        // mtctr r0
    *at++ = 0xe8000000 | base << 16;           // ld r0,0(base)
    for (u32 i = 0; i < words; i++) {
        *at++ = header[4 + i];
    }
    u64 exit = CODE + (base == 2 ? 0 : EXIT_STRIDE);
    *at = 0x48000000 | ((u32)(exit - (u64)at) & 0x03fffffc);
}

static void run_test(const unsigned char *record, unsigned char *result) {
    const u32 *header = (const u32 *)record;
    u32 address = header[1], base = header[2];
    copy((u64 *)IMAGE, (const u64 *)(record + 128), REGISTERS);
    copy((u64 *)WINDOW, (const u64 *)(record + 1472), WINDOW_BYTES);
    copy((u64 *)EDGE, (const u64 *)(record + 1984), EDGE_BYTES);
    signal_number = signal_code = signal_address = signal_nip = 0;
    if (base == 2) {
        leave = CODE;
        enter_r2((u64 *)IMAGE, address);
    } else {
        leave = CODE + EXIT_STRIDE;
        enter_r30((u64 *)IMAGE, address);
    }
    // QEMU keeps some floating-point exceptions pending that it does not deliver at once: a system call (getpid) drops them.
    call(20, 0, 0, 0, 0, 0, 0);
    copy((u64 *)result, (const u64 *)IMAGE, REGISTERS);
    copy((u64 *)(result + 1344), (const u64 *)WINDOW, WINDOW_BYTES);
    copy((u64 *)(result + 1856), (const u64 *)EDGE, EDGE_BYTES);
    u64 *tail = (u64 *)(result + 1920);
    tail[0] = signal_number;
    tail[1] = signal_code;
    tail[2] = signal_address;
    tail[3] = signal_nip;
}

void run(void) {
    map(CODE, CODE_BYTES);
    map(IMAGE, IMAGE_BYTES);
    map(MEMORY, MEMORY_BYTES);
    copy((u64 *)CODE, (const u64 *)leave_r2, leave_r2_end - leave_r2 + 31);
    copy((u64 *)(CODE + EXIT_STRIDE), (const u64 *)leave_r30, leave_r30_end - leave_r30 + 31);
    flush(CODE, CODE + 2 * EXIT_STRIDE);

    u64 stack[3] = {(u64)signal_stack, 0, sizeof signal_stack};
    call(185, (long)stack, 0, 0, 0, 0, 0);
    // SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, with information, on the stack of their own.
    static const int numbers[] = {4, 5, 7, 8, 11};
    for (int i = 0; i < 5; i++) {
        u64 action[4] = {(u64)handler, 0x08000004, 0, 0};
        call(173, numbers[i], (long)action, 0, 8, 0, 0);
    }
    for (;;) {
        u32 count[2];
        transfer(3, 0, (unsigned char *)count, 8);
        if (count[0] > BATCH) {
            quit(5);
        }
        transfer(3, 0, in, (u64)count[0] * RECORD);
        u64 lowest = ~0UL, highest = 0;
        for (u32 i = 0; i < count[0]; i++) {
            const unsigned char *record = in + (u64)i * RECORD;
            u64 address = ((const u32 *)record)[1];
            write_code(record);
            lowest = address < lowest ? address : lowest;
            highest = address + 160 > highest ? address + 160 : highest;
        }
        flush(lowest, highest);
        for (u32 i = 0; i < count[0]; i++) {
            run_test(in + (u64)i * RECORD, out + (u64)i * RESULT);
        }
        transfer(4, 1, out, (u64)count[0] * RESULT);
    }
}
