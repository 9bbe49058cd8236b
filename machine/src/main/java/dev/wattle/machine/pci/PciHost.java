// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pci;

/**
 * What a function may ask of the bridge that it sits behind. A bridge gives each function a host of its own, so that no
 * function knows where it sits.
 *
 * <p>{@link #mapped} and {@link #unmapped} are called by the thread that writes the configuration space, under the
 * function's lock; the others by any thread. A bridge must not call the function from any of them.
 */
public interface PciHost {
    /**
     * A base address register has begun to decode. It did not before.
     *
     * @param address PCI address of its first byte, a multiple of its size. A guest may choose one that is outside of
     *     what the bridge forwards or that others decode: then nothing answers there
     */
    void mapped(Bar bar, long address);

    /** A base address register decodes no more. */
    void unmapped(Bar bar);

    /** The level of the function's interrupt pin. Told of changes only; it is low at first. */
    void interrupt(boolean asserted);

    /**
     * A message-signalled interrupt: a 32-bit store.
     *
     * @param address PCI address that the guest (or firmware for it) has programmed
     * @param data what is stored
     */
    void message(long address, int data);

    /**
     * Guest memory at its guest real addresses, whatever the bridge translates: for functions that reach it past the bus, as
     * virtio devices do unless they are asked not to.
     */
    DmaMemory memory();

    /** Guest memory at PCI addresses, as the bridge translates them. */
    DmaMemory busMemory();

    /** A bridge that forwards nothing: where a function is that has not been plugged in. */
    PciHost NONE = new PciHost() {
        @Override
        public void mapped(Bar bar, long address) {
            // Nobody accesses it.
        }

        @Override
        public void unmapped(Bar bar) {
            // Nobody did.
        }

        @Override
        public void interrupt(boolean asserted) {
            // Nobody listens.
        }

        @Override
        public void message(long address, int data) {
            // Nobody listens.
        }

        @Override
        public DmaMemory memory() {
            return DmaMemory.NONE;
        }

        @Override
        public DmaMemory busMemory() {
            return DmaMemory.NONE;
        }
    };
}
