// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import java.nio.file.Path;
import java.util.Optional;

/**
 * A disk of a machine.
 *
 * @param image a raw image
 * @param readOnly whether the guest may only read it
 * @param serial its serial number as the guest sees it, of which 20 bytes count; {@code drive0} and so on if empty
 */
public record Drive(Path image, boolean readOnly, Optional<String> serial) {}
