// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.firmware;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A mutable device tree (IEEE 1275, 3.2): named nodes with ordered properties and children. Property values are byte
 * strings; numbers in them are big-endian cells of 32 bits.
 *
 * <p>Not thread-safe.
 */
public final class DeviceTree {
    /** One node. */
    public static final class Node {
        private final DeviceTree tree;
        private final Optional<Node> parent;
        private final String name;
        private final List<Node> children = new ArrayList<>();
        private final Map<String, byte[]> properties = new LinkedHashMap<>();

        private Node(DeviceTree tree, Optional<Node> parent, String name) {
            this.tree = tree;
            this.parent = parent;
            this.name = name;
        }

        /** Name with the unit address, such as {@code memory@0}; empty for the root. */
        public String name() {
            return name;
        }

        /** Name without the unit address. */
        public String baseName() {
            int at = name.indexOf('@');
            return at < 0 ? name : name.substring(0, at);
        }

        /** The parent; empty for the root. */
        public Optional<Node> parent() {
            return parent;
        }

        /** Children in order. */
        public List<Node> children() {
            return Collections.unmodifiableList(children);
        }

        /** Names of the properties in order. */
        public List<String> propertyNames() {
            return List.copyOf(properties.keySet());
        }

        /** Full path from the root. */
        public String path() {
            if (parent.isEmpty()) {
                return "/";
            }
            String above = parent.get().path();
            return above.equals("/") ? "/" + name : above + "/" + name;
        }

        /** The node's phandle, given to it when first asked for. */
        public int phandle() {
            Optional<byte[]> value = property("phandle");
            if (value.isPresent() && value.get().length == Integer.BYTES) {
                return ByteBuffer.wrap(value.get()).getInt();
            }
            int phandle = tree.nextPhandle++;
            set("phandle", phandle);
            return phandle;
        }

        /**
         * Adds a child, or returns the one that has this name already.
         *
         * @param childName name with unit address
         */
        public Node child(String childName) {
            for (Node child : children) {
                if (child.name.equals(childName)) {
                    return child;
                }
            }
            Node child = new Node(tree, Optional.of(this), childName);
            children.add(child);
            return child;
        }

        /** Removes a child with all that is below it, if it is there. */
        public void removeChild(Node child) {
            if (children.remove(child)) {
                visit(child, node -> tree.byPhandle.values().remove(node));
            }
        }

        /** Value of a property. */
        public Optional<byte[]> property(String property) {
            return Optional.ofNullable(properties.get(property)).map(byte[]::clone);
        }

        /** First cell of a property, or a default if the property is absent or shorter. */
        public int cell(String property, int otherwise) {
            byte[] value = properties.get(property);
            return value == null || value.length < Integer.BYTES
                    ? otherwise
                    : ByteBuffer.wrap(value).getInt();
        }

        /** Sets a property to a byte string; an empty one is a property that only exists. */
        public Node set(String property, byte[] value) {
            byte[] old = properties.put(property, value.clone());
            if (property.equals("phandle")) {
                if (old != null && old.length == Integer.BYTES) {
                    tree.byPhandle.remove(ByteBuffer.wrap(old).getInt());
                }
                if (value.length == Integer.BYTES) {
                    int phandle = ByteBuffer.wrap(value).getInt();
                    tree.byPhandle.put(phandle, this);
                    tree.nextPhandle = Math.max(tree.nextPhandle, phandle + 1);
                }
            }
            return this;
        }

        /** Sets a property to cells. */
        public Node set(String property, int... cells) {
            ByteBuffer buffer = ByteBuffer.allocate(cells.length * Integer.BYTES);
            for (int cell : cells) {
                buffer.putInt(cell);
            }
            return set(property, buffer.array());
        }

        /** Sets a property to one or more NUL-terminated strings. */
        public Node setStrings(String property, String... values) {
            StringBuilder text = new StringBuilder();
            for (String value : values) {
                text.append(value).append('\0');
            }
            return set(property, text.toString().getBytes(StandardCharsets.UTF_8));
        }

        /** Sets a property without a value. */
        public Node setEmpty(String property) {
            return set(property, new byte[0]);
        }

        /** Removes a property if it exists. */
        public Node remove(String property) {
            properties.remove(property);
            return this;
        }
    }

    private final Map<Integer, Node> byPhandle = new HashMap<>();
    private int nextPhandle = 1;
    private final Node root = new Node(this, Optional.empty(), "");

    /** The root node. */
    public Node root() {
        return root;
    }

    /** The node with a phandle. */
    public Optional<Node> byPhandle(int phandle) {
        return Optional.ofNullable(byPhandle.get(phandle));
    }

    /**
     * Finds a node by path (IEEE 1275, 4.3.1). A component without unit address matches the first child of that name;
     * arguments after a colon are ignored; a path that does not begin with a slash begins with an alias.
     */
    public Optional<Node> find(String path) {
        String absolute = path;
        if (!path.startsWith("/")) {
            int end = endOfAlias(path);
            Optional<byte[]> alias =
                    childOf(root, "aliases").flatMap(aliases -> aliases.property(path.substring(0, end)));
            if (alias.isEmpty()) {
                return Optional.empty();
            }
            absolute = new String(alias.get(), StandardCharsets.UTF_8).replace("\0", "") + path.substring(end);
            if (!absolute.startsWith("/")) {
                return Optional.empty();
            }
        }
        Node node = root;
        for (String component : absolute.split("/")) {
            if (component.isEmpty()) {
                continue;
            }
            int colon = component.indexOf(':');
            Optional<Node> child = childOf(node, colon < 0 ? component : component.substring(0, colon));
            if (child.isEmpty()) {
                return Optional.empty();
            }
            node = child.get();
        }
        return Optional.of(node);
    }

    private static int endOfAlias(String path) {
        int end = 0;
        while (end < path.length() && path.charAt(end) != '/' && path.charAt(end) != ':') {
            end++;
        }
        return end;
    }

    private static Optional<Node> childOf(Node node, String component) {
        int at = component.indexOf('@');
        // Unit addresses are written in lower case (PowerPC binding to IEEE 1275, 7.2).
        String name = at < 0
                ? component
                : component.substring(0, at) + component.substring(at).toLowerCase(Locale.ROOT);
        for (Node child : node.children) {
            if (child.name.equals(name)) {
                return Optional.of(child);
            }
        }
        if (at >= 0) {
            return Optional.empty();
        }
        return node.children.stream()
                .filter(child -> child.baseName().equals(name))
                .findFirst();
    }

    /** Visits every node, parents before their children, children in order. */
    public void forEach(Consumer<Node> visitor) {
        visit(root, visitor);
    }

    private static void visit(Node node, Consumer<Node> visitor) {
        visitor.accept(node);
        for (Node child : node.children) {
            visit(child, visitor);
        }
    }

    /** Gives every node that has none a phandle. */
    public void assignPhandles() {
        forEach(Node::phandle);
    }
}
