// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

/** Is told, while a block is emitted, which host code belongs to what. By default nobody listens. */
interface EmissionListener {
    /** The one that nobody is behind. */
    EmissionListener NONE = new EmissionListener() {};

    /** Code of a micro-operation starts. */
    default void operation(int i, long at) {}

    /** Stub k is wanted by the operation that is being emitted. */
    default void stubWanted(int k) {}

    /** Code of stub k, for an exit of a kind, starts. */
    default void stub(int k, int kind, long at) {}

    /** Descriptors for floating-point operations start. */
    default void records(long at) {}

    /** What an invalid block that loops leaves by starts. */
    default void loopExit(long at) {}

    /** The block's code has ended. */
    default void end(long at) {}

    /** Four bytes of code lead to an address; told again when they are patched. */
    default void reference(long place, long target) {}
}
