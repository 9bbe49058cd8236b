// SPDX-License-Identifier: Apache-2.0
package dev.wattle.bench;

/** Ends the benchmarks with a status and one line for the user. */
final class BenchFailure extends Exception {
    /** The benchmarks could not be run, or a result is wrong. */
    static final int FAILED = 1;
    /** The command line cannot be used. */
    static final int USAGE = 2;

    private static final long serialVersionUID = 1L;

    private final int status;

    BenchFailure(int status, String message) {
        super(message);
        this.status = status;
    }

    BenchFailure(int status, String message, Throwable cause) {
        super(message, cause);
        this.status = status;
    }

    int status() {
        return status;
    }

    @Override
    public String getMessage() {
        String message = super.getMessage();
        return message == null ? "" : message;
    }
}
