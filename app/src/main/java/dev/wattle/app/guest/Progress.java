// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.guest;

/** Where slow work tells what it is doing at the moment. */
public interface Progress {
    /** A progress that nobody watches. */
    Progress SILENT = new Progress() {
        @Override
        public void stage(String text) {}

        @Override
        public void done() {}
    };

    /**
     * Begins a stage, which ends the one before it.
     *
     * @param text what is being done, without a line end
     */
    void stage(String text);

    /** Ends the last stage: nothing more is being waited for. */
    void done();
}
