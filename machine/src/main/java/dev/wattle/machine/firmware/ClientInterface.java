// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.firmware;

import dev.wattle.engine.memory.GuestMemory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The client interface of Open Firmware (IEEE 1275-1994, chapter 6), answered outside of the guest.
 *
 * <p>A client passes the real address of an argument array of 32-bit big-endian cells: address of the service's name,
 * number of arguments N, number of results M, N arguments, M results. Each address that a client passes is checked
 * against guest memory; a bad one answers -1, as an unknown node does.
 *
 * <p>Not thread-safe: only the boot processor calls, while the others are stopped.
 */
public final class ClientInterface {
    /** Result of a failed service. */
    public static final int ERROR = -1;

    private static final int CELL = Integer.BYTES;
    private static final int CELL_LIMIT = 64;
    private static final int SERVICE_LIMIT = 64;
    private static final int PATH_LIMIT = 1024;
    private static final int PROPERTY_NAME_LIMIT = 128;
    private static final int INSTANCE_LIMIT = 4096;
    /** Bound on what a client can store in the tree, in bytes. */
    private static final int SETPROP_BUDGET = 1 << 20;

    private static final int TRANSFER_BYTES = 4096;

    /** Services by name, with the least numbers of arguments that each needs. */
    private static final Map<String, Integer> SERVICES = Map.ofEntries(
            Map.entry("test", 1),
            Map.entry("test-method", 2),
            Map.entry("peer", 1),
            Map.entry("child", 1),
            Map.entry("parent", 1),
            Map.entry("finddevice", 1),
            Map.entry("getproplen", 2),
            Map.entry("getprop", 4),
            Map.entry("nextprop", 3),
            Map.entry("setprop", 4),
            Map.entry("canon", 3),
            Map.entry("instance-to-package", 1),
            Map.entry("instance-to-path", 3),
            Map.entry("package-to-path", 3),
            Map.entry("call-method", 2),
            Map.entry("interpret", 1),
            Map.entry("open", 1),
            Map.entry("close", 1),
            Map.entry("read", 3),
            Map.entry("write", 3),
            Map.entry("seek", 3),
            Map.entry("claim", 3),
            Map.entry("release", 2),
            Map.entry("boot", 0),
            Map.entry("enter", 0),
            Map.entry("exit", 0),
            Map.entry("chain", 0),
            Map.entry("quiesce", 0),
            Map.entry("milliseconds", 0),
            Map.entry("set-callback", 1),
            Map.entry("set-symbol-lookup", 2),
            Map.entry("start-cpu", 3));

    private record Instance(DeviceTree.Node node, String path) {}

    private final GuestMemory memory;
    private final DeviceTree tree;
    private final MemoryClaims claims;
    private final FirmwareHost host;
    private final Map<Integer, Instance> instances = new HashMap<>();
    private final Map<String, Map<String, PackageMethod>> methods = new HashMap<>();
    private int nextInstance = 1;
    private int setpropBudget = SETPROP_BUDGET;

    /**
     * @param memory the client's memory
     * @param tree the tree that the client sees and changes; every node gets a phandle here
     * @param claims the memory that is taken already
     */
    public ClientInterface(GuestMemory memory, DeviceTree tree, MemoryClaims claims, FirmwareHost host) {
        this.memory = memory;
        this.tree = tree;
        this.claims = claims;
        this.host = host;
        tree.assignPhandles();
        publishAvailableMemory();
    }

    /** Adds a method to a node for {@code call-method}. */
    public void method(String path, String name, PackageMethod method) {
        methods.computeIfAbsent(path, p -> new HashMap<>()).put(name, method);
    }

    /**
     * Opens a device.
     *
     * @return the ihandle, or 0 if there is no such node
     */
    public int open(String path) {
        Optional<DeviceTree.Node> node = tree.find(path);
        if (node.isEmpty() || instances.size() >= INSTANCE_LIMIT) {
            return 0;
        }
        int handle = nextInstance++;
        instances.put(handle, new Instance(node.get(), path));
        return handle;
    }

    /**
     * Answers one call.
     *
     * @param array real address of the argument array
     * @return what the client finds in r3: 0 if the service exists, -1 otherwise
     */
    public int call(long array) {
        if (!memory.contains(array, 3 * CELL)) {
            return ERROR;
        }
        Optional<String> service = string(memory.getInt(array), SERVICE_LIMIT);
        int argumentCount = memory.getInt(array + CELL);
        int resultCount = memory.getInt(array + 2 * CELL);
        if (service.isEmpty()
                || argumentCount < 0
                || argumentCount > CELL_LIMIT
                || resultCount < 0
                || resultCount > CELL_LIMIT
                || !memory.contains(array, (3L + argumentCount + resultCount) * CELL)) {
            return ERROR;
        }
        int[] arguments = new int[argumentCount];
        long next = array + 3 * CELL;
        for (int i = 0; i < argumentCount; i++, next += CELL) {
            arguments[i] = memory.getInt(next);
        }
        Integer least = SERVICES.get(service.get());
        if (least == null || argumentCount < least) {
            return ERROR;
        }
        int[] results = new int[resultCount];
        int result = serve(service.get(), arguments, results);
        if (resultCount > 0) {
            results[0] = result;
        }
        for (int i = 0; i < resultCount; i++, next += CELL) {
            memory.putInt(next, results[i]);
        }
        return 0;
    }

    private int serve(String service, int[] a, int[] results) {
        return switch (service) {
            case "test" ->
                string(a[0], SERVICE_LIMIT).filter(SERVICES::containsKey).isPresent() ? 0 : ERROR;
            case "test-method" -> testMethod(a[0], a[1]);
            case "peer" -> peer(a[0]);
            case "child" ->
                tree.byPhandle(a[0])
                        .flatMap(node -> node.children().stream().findFirst())
                        .map(DeviceTree.Node::phandle)
                        .orElse(0);
            case "parent" ->
                tree.byPhandle(a[0])
                        .flatMap(DeviceTree.Node::parent)
                        .map(DeviceTree.Node::phandle)
                        .orElse(0);
            case "finddevice" ->
                string(a[0], PATH_LIMIT)
                        .flatMap(tree::find)
                        .map(DeviceTree.Node::phandle)
                        .orElse(ERROR);
            case "getproplen" -> property(a[0], a[1]).map(value -> value.length).orElse(ERROR);
            case "getprop" ->
                property(a[0], a[1]).map(value -> store(value, a[2], a[3])).orElse(ERROR);
            case "nextprop" -> nextprop(a[0], a[1], a[2]);
            case "setprop" -> setprop(a[0], a[1], a[2], a[3]);
            case "canon" ->
                string(a[0], PATH_LIMIT)
                        .flatMap(tree::find)
                        .map(node -> storeText(node.path(), a[1], a[2]))
                        .orElse(ERROR);
            case "instance-to-package" ->
                instance(a[0]).map(i -> i.node().phandle()).orElse(ERROR);
            case "instance-to-path" ->
                instance(a[0]).map(i -> storeText(i.node().path(), a[1], a[2])).orElse(ERROR);
            case "package-to-path" ->
                tree.byPhandle(a[0])
                        .map(node -> storeText(node.path(), a[1], a[2]))
                        .orElse(ERROR);
            case "call-method" -> callMethod(a, results);
            case "open" -> string(a[0], PATH_LIMIT).map(this::open).orElse(0);
            case "close" -> {
                instances.remove(a[0]);
                yield 0;
            }
            case "read" -> read(a[0], a[1], a[2]);
            case "write" -> write(a[0], a[1], a[2]);
            case "claim" -> claim(a[0], a[1], a[2]);
            case "release" -> release(a[0], a[1]);
            case "boot" -> {
                host.boot(a.length == 0 ? "" : string(a[0], PATH_LIMIT).orElse(""));
                yield 0;
            }
            case "exit" -> {
                host.exit();
                yield 0;
            }
            case "quiesce" -> {
                host.quiesce();
                yield 0;
            }
            case "milliseconds" -> (int) host.milliseconds();
            case "start-cpu" -> host.startCpu(a[0], a[1], a[2]) ? 0 : ERROR;
            // No previous callback; no user interface to enter.
            case "set-callback", "set-symbol-lookup", "enter" -> 0;
            // There is no Forth here (interpret), no device to seek on, and nothing to chain from (chain).
            default -> ERROR;
        };
    }

    private int testMethod(int phandle, int name) {
        Optional<DeviceTree.Node> node = tree.byPhandle(phandle);
        Optional<String> method = string(name, SERVICE_LIMIT);
        boolean exists = node.isPresent()
                && method.isPresent()
                && methods.getOrDefault(node.get().path(), Map.of()).containsKey(method.get());
        return exists ? 0 : ERROR;
    }

    private int peer(int phandle) {
        if (phandle == 0) {
            return tree.root().phandle();
        }
        Optional<DeviceTree.Node> node = tree.byPhandle(phandle);
        if (node.isEmpty() || node.get().parent().isEmpty()) {
            return 0;
        }
        List<DeviceTree.Node> siblings = node.get().parent().get().children();
        int next = siblings.indexOf(node.get()) + 1;
        return next < siblings.size() ? siblings.get(next).phandle() : 0;
    }

    private Optional<byte[]> property(int phandle, int nameAddress) {
        Optional<DeviceTree.Node> node = tree.byPhandle(phandle);
        Optional<String> name = string(nameAddress, PROPERTY_NAME_LIMIT);
        if (node.isEmpty() || name.isEmpty()) {
            return Optional.empty();
        }
        Optional<byte[]> value = node.get().property(name.get());
        if (value.isEmpty() && name.get().equals("name")) {
            return Optional.of((node.get().baseName() + '\0').getBytes(StandardCharsets.ISO_8859_1));
        }
        return value;
    }

    private int nextprop(int phandle, int previousAddress, int buffer) {
        Optional<DeviceTree.Node> node = tree.byPhandle(phandle);
        if (node.isEmpty()) {
            return ERROR;
        }
        String previous = "";
        if (previousAddress != 0) {
            Optional<String> text = string(previousAddress, PROPERTY_NAME_LIMIT);
            if (text.isEmpty()) {
                return ERROR;
            }
            previous = text.get();
        }
        List<String> names = node.get().propertyNames();
        int next = previous.isEmpty() ? 0 : names.indexOf(previous) + 1;
        if (!previous.isEmpty() && next == 0) {
            return ERROR;
        }
        byte[] name =
                next < names.size() ? (names.get(next) + '\0').getBytes(StandardCharsets.ISO_8859_1) : new byte[] {0};
        long address = Integer.toUnsignedLong(buffer);
        if (!memory.contains(address, name.length)) {
            return ERROR;
        }
        memory.write(address, name, 0, name.length);
        return next < names.size() ? 1 : 0;
    }

    private int setprop(int phandle, int nameAddress, int address, int length) {
        Optional<DeviceTree.Node> node = tree.byPhandle(phandle);
        Optional<String> name = string(nameAddress, PROPERTY_NAME_LIMIT);
        if (node.isEmpty() || name.isEmpty() || name.get().isEmpty() || length < 0) {
            return ERROR;
        }
        int cost = name.get().length() + length;
        long from = Integer.toUnsignedLong(address);
        // Clients may not change the handles that they find nodes by.
        if (cost > setpropBudget || name.get().equals("phandle") || (length > 0 && !memory.contains(from, length))) {
            return ERROR;
        }
        setpropBudget -= cost;
        byte[] value = new byte[length];
        if (length > 0) {
            memory.read(from, value, 0, length);
        }
        node.get().set(name.get(), value);
        return length;
    }

    private Optional<Instance> instance(int handle) {
        return Optional.ofNullable(instances.get(handle));
    }

    /** Arguments: method name, ihandle, the method's arguments; results: catch result, the method's results. */
    private int callMethod(int[] a, int[] results) {
        Optional<String> name = string(a[0], SERVICE_LIMIT);
        Optional<Instance> instance = instance(a[1]);
        if (name.isEmpty() || instance.isEmpty()) {
            return ERROR;
        }
        String path = instance.get().node().path();
        PackageMethod method = methods.getOrDefault(path, Map.of()).get(name.get());
        if (method == null) {
            return ERROR;
        }
        int[] arguments = new int[a.length - 2];
        System.arraycopy(a, 2, arguments, 0, arguments.length);
        int[] methodResults = new int[Math.max(0, results.length - 1)];
        int result = method.call(arguments, methodResults);
        System.arraycopy(methodResults, 0, results, results.length - methodResults.length, methodResults.length);
        return result;
    }

    private boolean isConsole(int handle) {
        return instance(handle)
                .flatMap(i -> i.node().property("device_type"))
                .filter(type -> new String(type, StandardCharsets.ISO_8859_1).equals("serial\0"))
                .isPresent();
    }

    private int write(int handle, int address, int length) {
        long from = Integer.toUnsignedLong(address);
        if (!isConsole(handle) || length < 0 || !memory.contains(from, length)) {
            return ERROR;
        }
        byte[] buffer = new byte[Math.min(length, TRANSFER_BYTES)];
        for (int done = 0; done < length; ) {
            int part = Math.min(length - done, buffer.length);
            memory.read(from + done, buffer, 0, part);
            host.write(buffer, 0, part);
            done += part;
        }
        return length;
    }

    private int read(int handle, int address, int length) {
        long to = Integer.toUnsignedLong(address);
        if (!isConsole(handle) || length < 0 || !memory.contains(to, length)) {
            return ERROR;
        }
        byte[] buffer = new byte[Math.min(length, TRANSFER_BYTES)];
        int count = host.read(buffer, 0, buffer.length);
        memory.write(to, buffer, 0, count);
        // -2: the device is there, but has nothing now (IEEE 1275, 3.7.2, "read").
        return count == 0 && length > 0 ? -2 : count;
    }

    private int claim(int virtual, int size, int alignment) {
        long bytes = Integer.toUnsignedLong(size);
        long address = Integer.toUnsignedLong(virtual);
        if (alignment == 0) {
            if (!claims.claim(address, bytes)) {
                return ERROR;
            }
        } else {
            long power = Integer.toUnsignedLong(alignment);
            if (Long.bitCount(power) != 1) {
                power = Long.highestOneBit(power) << 1;
            }
            var start = claims.claimAnywhere(bytes, power);
            if (start.isEmpty()) {
                return ERROR;
            }
            address = start.getAsLong();
            if (address + bytes > 1L << 32) {
                // A client can only name 32-bit addresses.
                claims.release(address, bytes);
                return ERROR;
            }
        }
        publishAvailableMemory();
        return (int) address;
    }

    private int release(int virtual, int size) {
        if (!claims.release(Integer.toUnsignedLong(virtual), Integer.toUnsignedLong(size))) {
            return ERROR;
        }
        publishAvailableMemory();
        return 0;
    }

    /** Keeps "available" of the first memory node in step with the claims (IEEE 1275, 3.7.6). */
    private void publishAvailableMemory() {
        Optional<DeviceTree.Node> node = tree.find("/memory@0");
        if (node.isEmpty()) {
            return;
        }
        List<MemoryClaims.Range> free = claims.available();
        ByteBuffer value = ByteBuffer.allocate(free.size() * 2 * Long.BYTES);
        for (MemoryClaims.Range range : free) {
            value.putLong(range.start()).putLong(range.size());
        }
        node.get().set("available", value.array());
    }

    private int storeText(String text, int buffer, int length) {
        byte[] value = (text + '\0').getBytes(StandardCharsets.ISO_8859_1);
        // The NUL is a courtesy to clients that forget to add one: it does not count.
        return store(value, buffer, length) == ERROR ? ERROR : value.length - 1;
    }

    /** Stores as much of a value as fits; returns its whole length. */
    private int store(byte[] value, int buffer, int length) {
        long to = Integer.toUnsignedLong(buffer);
        int part = (int) Math.min(value.length, Integer.toUnsignedLong(length));
        if (part > 0) {
            if (!memory.contains(to, part)) {
                return ERROR;
            }
            memory.write(to, value, 0, part);
        }
        return value.length;
    }

    /** A NUL-terminated string of fewer than {@code limit} bytes; empty if it does not end in time or in memory. */
    private Optional<String> string(int address, int limit) {
        long from = Integer.toUnsignedLong(address);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < limit; i++) {
            if (!memory.contains(from + i, 1)) {
                return Optional.empty();
            }
            int c = memory.getByte(from + i) & 0xff;
            if (c == 0) {
                return Optional.of(text.toString());
            }
            text.append((char) c);
        }
        return Optional.empty();
    }
}
