package dev.sluice.cli.house;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.CompositeArchRule;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.NullMarked;

/** The rules that keep the modules apart, each as a value that can be tried on any set of classes. */
final class Architecture {
    /**
     * A module: package {@code dev.sluice.NAME} and everything below it.
     *
     * @param uses modules that it may use
     * @param libraries packages outside the JDK that it may use
     */
    record Module(String name, List<String> uses, List<String> libraries) {
        String packages() {
            return "dev.sluice." + name + "..";
        }

        ArchRule arrows() {
            List<String> allowed = new ArrayList<>(List.of(
                    "java..", "javax..", "jdk..", "com.sun.net.httpserver..", "org.jspecify..", packages(), ""));
            uses.forEach(use -> allowed.add("dev.sluice." + use + ".."));
            allowed.addAll(libraries);
            return classes()
                    .that()
                    .resideInAPackage(packages())
                    .should()
                    .onlyDependOnClassesThat(
                            resideInAnyPackage(allowed.toArray(String[]::new)).or(primitiveArrays()))
                    .as("module " + name + " uses only " + uses + " and " + libraries)
                    .allowEmptyShould(true);
        }
    }

    /** In the order of the architecture, arrows downwards only. */
    static final List<Module> MODULES = List.of(
            new Module("wire", List.of(), List.of()),
            new Module("model", List.of("wire"), List.of("org.snakeyaml.engine..")),
            new Module(
                    "southbound",
                    List.of(),
                    List.of(
                            "io.grpc..",
                            "com.google.protobuf..",
                            "com.google.common.util.concurrent..",
                            "org.bouncycastle..")),
            new Module(
                    "controller",
                    List.of("model", "southbound"),
                    List.of("io.grpc..", "com.google.protobuf..", "org.slf4j..")),
            new Module(
                    "manager",
                    List.of("model", "controller", "southbound", "wire"),
                    List.of(
                            "io.helidon..",
                            "tools.jackson..",
                            "org.sqlite..",
                            "org.slf4j..",
                            "io.grpc..",
                            "com.google.protobuf..",
                            "com.google.common.util.concurrent..")),
            new Module("datapath", List.of("wire"), List.of()),
            new Module("ports", List.of("datapath", "wire"), List.of()),
            new Module("fastpath", List.of("ports", "datapath", "wire"), List.of()),
            new Module("liveness", List.of("wire"), List.of()),
            new Module("sdk", List.of("wire"), List.of()),
            new Module(
                    "agent",
                    List.of("model", "southbound", "datapath", "ports", "fastpath", "liveness", "wire"),
                    List.of(
                            "tools.jackson..",
                            "com.fasterxml.jackson.annotation..",
                            "org.slf4j..",
                            "io.grpc..",
                            "com.google.protobuf..",
                            "com.sun.management..")),
            new Module(
                    "lab",
                    List.of("agent", "sdk", "ports", "model", "wire"),
                    List.of("org.snakeyaml.engine..", "tools.jackson..")),
            new Module(
                    "cli",
                    List.of("lab", "agent", "manager", "ports", "datapath", "model", "wire"),
                    List.of("picocli..", "ch.qos.logback..", "org.slf4j..", "tools.jackson..")),
            new Module(
                    "testkit",
                    List.of(
                            "agent",
                            "manager",
                            "controller",
                            "southbound",
                            "fastpath",
                            "ports",
                            "datapath",
                            "model",
                            "wire"),
                    List.of("org.junit..", "org.assertj..", "org.slf4j..", "tools.jackson..", "com.google.protobuf..")),
            new Module(
                    "bench",
                    List.of(
                            "lab",
                            "testkit",
                            "agent",
                            "manager",
                            "southbound",
                            "fastpath",
                            "ports",
                            "datapath",
                            "model",
                            "wire"),
                    List.of(
                            "org.openjdk.jmh..",
                            "com.sun.management..",
                            "org.slf4j..",
                            "tools.jackson..",
                            "io.grpc..",
                            "com.google.protobuf..")));

    /** The packages of the data path, lowest first; "" is the one with the stages themselves. Each uses only those before it. */
    static final List<String> DATAPATH = List.of(
            "rules",
            "route",
            "offload",
            "packet",
            "snapshot",
            "liveness",
            "track",
            "stage",
            "fragments",
            "errors",
            "neighbors",
            "tunnel",
            "segment",
            "paths",
            "mirror",
            "overlay",
            "",
            "foretell");

    /** Of wire, model takes addresses only: objects know nothing of headers. */
    static final ArchRule MODEL_USES_VALUES_OF_WIRE = noClasses()
            .that()
            .resideInAPackage("dev.sluice.model..")
            .should()
            .dependOnClassesThat(
                    resideInAPackage("dev.sluice.wire..").and(notOneOf("IpAddress", "IpPrefix", "MacAddress")))
            .as("module model uses only IpAddress, IpPrefix and MacAddress of wire")
            .allowEmptyShould(true);

    /** Lab's own raw sockets are apart on purpose: witnesses share no code with what they judge. */
    static final ArchRule NATIVE_CALLS_IN_PORTS_ONLY = noClasses()
            .that()
            .resideOutsideOfPackages("dev.sluice.ports..", "dev.sluice.fastpath..", "dev.sluice.lab..")
            .should()
            .dependOnClassesThat()
            .areAssignableTo(Linker.class)
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(SymbolLookup.class)
            .as("only ports and fastpath (and lab, for its witnesses) call native code")
            .allowEmptyShould(true);

    static final ArchRule DATAPATH_IS_PURE = noClasses()
            .that()
            .resideInAPackage("dev.sluice.datapath..")
            .should()
            .dependOnClassesThat(resideInAnyPackage(
                            "java.net..",
                            "java.nio.file..",
                            "java.nio.channels..",
                            "java.util.concurrent",
                            "java.util.concurrent.locks..",
                            "java.util.logging..",
                            "org.slf4j..",
                            "java.time..")
                    .or(oneOf(
                            "java.lang.Thread",
                            "java.lang.ProcessBuilder",
                            "java.lang.Runtime",
                            "java.io.File",
                            "java.io.FileInputStream",
                            "java.io.FileOutputStream",
                            "java.io.RandomAccessFile",
                            "java.io.PrintStream")))
            .orShould()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .as("datapath has no threads, sockets, files, clocks and logging")
            .allowEmptyShould(true);

    /** F14: a wall clock that jumps changes nothing but times that people are shown. */
    static final ArchRule NO_WALL_CLOCK = noClasses()
            .that()
            .resideInAnyPackage(
                    "dev.sluice.wire..",
                    "dev.sluice.model..",
                    "dev.sluice.datapath..",
                    "dev.sluice.ports..",
                    "dev.sluice.fastpath..",
                    "dev.sluice.liveness..",
                    "dev.sluice.sdk..",
                    "dev.sluice.agent..")
            .and(notOneOf("WallClock"))
            .should()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(Instant.class, "now")
            .orShould()
            .callConstructor(Date.class)
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(Clock.class)
            .orShould()
            .dependOnClassesThat(oneOf(
                    "java.time.LocalDateTime",
                    "java.time.ZonedDateTime",
                    "java.time.OffsetDateTime",
                    "java.time.LocalDate",
                    "java.util.Calendar",
                    "java.util.Timer"))
            .as("only WallClock reads the time of day, all timing is monotonic")
            .allowEmptyShould(true);

    static final ArchRule NO_CYCLES = slices().matching("dev.sluice.(**)")
            .should()
            .beFreeOfCycles()
            .as("packages have no cycles")
            .allowEmptyShould(true);

    private Architecture() {}

    /** Arrows between packages of the data path go downwards only. */
    static ArchRule datapathArrows() {
        List<ArchRule> rules = new ArrayList<>();
        for (int i = 0; i + 1 < DATAPATH.size(); i++) {
            String[] above = DATAPATH.subList(i + 1, DATAPATH.size()).stream()
                    .map(Architecture::classesOf)
                    .toArray(String[]::new);
            rules.add(noClasses()
                    .that()
                    .resideInAPackage(classesOf(DATAPATH.get(i)))
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(above)
                    .allowEmptyShould(true));
        }
        return CompositeArchRule.of(rules).as("packages of datapath use only those before them in " + DATAPATH);
    }

    /** The pattern of a package and those below it; of the one with the stages, that one alone. */
    private static String classesOf(String packageOfDatapath) {
        return packageOfDatapath.isEmpty() ? "dev.sluice.datapath" : "dev.sluice.datapath." + packageOfDatapath + "..";
    }

    /** Packages of the data path that have no place in their order. */
    static Set<String> unknownPackagesOfDatapath(JavaClasses classes) {
        Set<String> unknown = new TreeSet<>();
        for (JavaClass type : classes) {
            String name = type.getPackageName() + ".";
            if (name.startsWith("dev.sluice.datapath.")) {
                unknown.add(name.substring("dev.sluice.datapath.".length()).replaceFirst("\\..*", ""));
            }
        }
        unknown.removeAll(Set.copyOf(DATAPATH));
        return unknown;
    }

    /** Every rule that ArchUnit checks, by name. */
    static Map<String, ArchRule> rules() {
        Map<String, ArchRule> rules = new LinkedHashMap<>();
        MODULES.forEach(module -> rules.put("arrows of " + module.name(), module.arrows()));
        rules.put("model uses values of wire", MODEL_USES_VALUES_OF_WIRE);
        rules.put("arrows within datapath", datapathArrows());
        rules.put("native calls", NATIVE_CALLS_IN_PORTS_ONLY);
        rules.put("datapath is pure", DATAPATH_IS_PURE);
        rules.put("no wall clock", NO_WALL_CLOCK);
        rules.put("no cycles", NO_CYCLES);
        return rules;
    }

    /** Packages that have no package-info with {@code @NullMarked}. */
    static Set<String> packagesNotNullMarked(JavaClasses classes) {
        Set<String> all = new TreeSet<>();
        Set<String> marked = new TreeSet<>();
        for (JavaClass type : classes) {
            all.add(type.getPackageName());
            if (type.getSimpleName().equals("package-info") && type.isAnnotatedWith(NullMarked.class)) {
                marked.add(type.getPackageName());
            }
        }
        all.removeAll(marked);
        return all;
    }

    /** Modules that are in the tree but not in the table above. */
    static Set<String> unknownModules(JavaClasses classes) {
        Set<String> unknown = new TreeSet<>();
        for (JavaClass type : classes) {
            unknown.add(type.getPackageName().split("\\.", -1)[2]);
        }
        MODULES.forEach(module -> unknown.remove(module.name()));
        return unknown;
    }

    private static DescribedPredicate<JavaClass> primitiveArrays() {
        return DescribedPredicate.describe(
                "are primitive", type -> type.getBaseComponentType().isPrimitive());
    }

    private static DescribedPredicate<JavaClass> oneOf(String... names) {
        Set<String> set = Set.of(names);
        return DescribedPredicate.describe("are one of " + set, type -> set.contains(type.getName()));
    }

    private static DescribedPredicate<JavaClass> notOneOf(String... simpleNames) {
        Set<String> set = Set.of(simpleNames);
        return DescribedPredicate.describe("are none of " + set, type -> !set.contains(outermost(type)));
    }

    private static String outermost(JavaClass type) {
        return type.getName().substring(type.getPackageName().length() + 1).split("\\$", -1)[0];
    }
}
