// SPDX-License-Identifier: Apache-2.0

/** The command-line library of the same name, as it is, in class files of this Java. */
module info.picocli {
    requires static java.sql;

    exports picocli;
}
