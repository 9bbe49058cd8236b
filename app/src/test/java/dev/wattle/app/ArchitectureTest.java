// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import dev.wattle.app.cli.Main;
import dev.wattle.engine.Processor;
import dev.wattle.hypervisor.Vm;
import dev.wattle.machine.pseries.PseriesMachine;
import dev.wattle.power.model.ProcessorModel;
import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.CodeAttribute;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The rules of the house that the compiler does not know. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ArchitectureTest {
    /** HotSpot never compiles a method above this size (DontCompileHugeMethods). */
    private static final int LARGEST_COMPILED_METHOD = 8000;

    private static final String[] CORE = {
        "dev.wattle.engine..", "dev.wattle.power..", "dev.wattle.hypervisor..", "dev.wattle.machine.."
    };

    private static final Set<String> MUTABLE_HOLDERS = Set.of(
            "java.lang.StringBuilder",
            "java.lang.ThreadLocal",
            "java.util.ArrayDeque",
            "java.util.ArrayList",
            "java.util.BitSet",
            "java.util.HashMap",
            "java.util.HashSet",
            "java.util.LinkedHashMap",
            "java.util.Random",
            "java.util.TreeMap",
            "java.util.TreeSet");

    /** One class of each room, from which the room's class files are found. */
    private final List<Class<?>> rooms =
            List.of(Processor.class, ProcessorModel.class, Vm.class, PseriesMachine.class, Main.class);

    private JavaClasses classes;

    @BeforeAll
    void importClasses() {
        List<URL> locations = rooms.stream()
                .map(room -> room.getProtectionDomain().getCodeSource().getLocation())
                .toList();
        classes = new ClassFileImporter().importUrls(locations);
    }

    @Test
    void rooms_dependencies_pointOneWayOnly() {
        String[] order = {
            "dev.wattle.engine..",
            "dev.wattle.power..",
            "dev.wattle.hypervisor..",
            "dev.wattle.machine..",
            "dev.wattle.app.."
        };
        for (int room = 0; room < order.length - 1; room++) {
            noClasses()
                    .that()
                    .resideInAPackage(order[room])
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(Stream.of(order).skip(room + 1L).toArray(String[]::new))
                    .check(classes);
        }
    }

    @Test
    void core_dependencies_areJavaBaseAndFlightRecorderOnly() {
        classes()
                .that()
                .resideInAnyPackage(CORE)
                .should()
                .onlyDependOnClassesThat(DescribedPredicate.describe(
                        "are our own, java.base's or jdk.jfr's",
                        type -> type.getBaseComponentType().isPrimitive()
                                || type.getPackageName().startsWith("dev.wattle.")
                                || type.getPackageName().startsWith("jdk.jfr")
                                || inJavaBase(type.getBaseComponentType())))
                .check(classes);
    }

    @Test
    void packages_dependencies_haveNoCycles() {
        slices().matching("dev.wattle.(**)").should().beFreeOfCycles().check(classes);
    }

    @Test
    void statics_everywhere_areConstants() {
        fields().that()
                .areStatic()
                .and(DescribedPredicate.describe(
                        "are not the compiler's own",
                        field -> !field.getModifiers().contains(JavaModifier.SYNTHETIC)))
                .should()
                .beFinal()
                .andShould()
                .haveRawType(
                        DescribedPredicate.describe("that holds no changing state", ArchitectureTest::holdsNoState))
                .check(classes);
    }

    @Test
    void methods_inTheCore_areSmallEnoughToBeCompiled() throws Exception {
        List<String> tooLarge = new ArrayList<>();
        int methods = 0;
        for (Class<?> room : rooms.subList(0, 4)) {
            for (byte[] bytes : classFiles(room)) {
                ClassModel model = ClassFile.of().parse(bytes);
                for (MethodModel method : model.methods()) {
                    int length = method.code()
                            .filter(CodeAttribute.class::isInstance)
                            .map(code -> ((CodeAttribute) code).codeLength())
                            .orElse(0);
                    methods++;
                    // An initializer runs once: nobody minds if that is interpreted.
                    if (length > LARGEST_COMPILED_METHOD && !method.methodName().equalsString("<clinit>")) {
                        tooLarge.add("%s.%s: %d bytes of code"
                                .formatted(
                                        model.thisClass().asInternalName(),
                                        method.methodName().stringValue(),
                                        length));
                    }
                }
            }
        }
        assertTrue(methods > 0, "no class files found");
        assertEquals(List.of(), tooLarge);
    }

    private static boolean holdsNoState(JavaClass type) {
        return !MUTABLE_HOLDERS.contains(type.getName())
                && !type.getPackageName().startsWith("java.util.concurrent");
    }

    private static boolean inJavaBase(JavaClass type) {
        try {
            Class<?> loaded = Class.forName(type.getName(), false, ArchitectureTest.class.getClassLoader());
            return "java.base".equals(loaded.getModule().getName());
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    private static List<byte[]> classFiles(Class<?> room) throws IOException, URISyntaxException {
        Path location =
                Path.of(room.getProtectionDomain().getCodeSource().getLocation().toURI());
        if (Files.isDirectory(location)) {
            return read(location);
        }
        try (FileSystem jar = FileSystems.newFileSystem(URI.create("jar:" + location.toUri()), Map.of())) {
            return read(jar.getPath("/"));
        }
    }

    private static List<byte[]> read(Path root) throws IOException {
        List<byte[]> files = new ArrayList<>();
        try (Stream<Path> paths = Files.walk(root)) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                if (path.toString().endsWith(".class")) {
                    files.add(Files.readAllBytes(path));
                }
            }
        }
        return files;
    }
}
