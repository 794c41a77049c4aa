package dev.sluice.cli.house;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("house")
class ArchitectureTest {
    /** Those that are built: modules after this one in the reactor are checked when their classes are there. */
    private static final JavaClasses PRODUCT = new ClassFileImporter()
            .importPaths(Architecture.MODULES.stream()
                    .map(module -> Path.of("..", module.name(), "target", "classes"))
                    .filter(Files::isDirectory)
                    .toList());

    /** Classes of this test tree that break the rules on purpose, in packages of their own below those of the modules. */
    private static final JavaClasses PLANTED = new ClassFileImporter()
            .importPackages("dev.sluice")
            .that(com.tngtech.archunit.base.DescribedPredicate.describe(
                    "planted", type -> type.getPackageName().contains(".planted")));

    static Stream<String> rules() {
        return Architecture.rules().keySet().stream();
    }

    @ParameterizedTest
    @MethodSource("rules")
    void productKeepsTheRule(String name) {
        rule(name).check(PRODUCT);
    }

    @ParameterizedTest
    @MethodSource("rules")
    void ruleFindsWhatWasPlanted(String name) {
        List<String> found = rule(name).evaluate(PLANTED).getFailureReport().getDetails();
        if (Set.of("arrows of cli", "arrows of bench", "arrows of testkit").contains(name)) {
            assertThat(found)
                    .as("nothing is planted in modules that are hardly limited")
                    .isEmpty();
        } else {
            assertThat(found)
                    .isNotEmpty()
                    .allSatisfy(detail -> assertThat(detail).contains(".planted."));
        }
    }

    @Test
    void productModulesAreAllThere() {
        assertThat(PRODUCT)
                .extracting(type -> type.getPackageName().split("\\.", -1)[2])
                .contains("wire", "model", "manager", "datapath", "ports", "sdk", "agent", "lab", "cli");
    }

    @Test
    void everyModuleHasItsPlaceInTheTable() {
        assertThat(Architecture.unknownModules(PRODUCT)).isEmpty();
    }

    @Test
    void everyPackageOfTheDataPathHasItsPlaceInTheOrder() {
        assertThat(Architecture.unknownPackagesOfDatapath(PRODUCT)).isEmpty();
        assertThat(Architecture.unknownPackagesOfDatapath(PLANTED)).containsExactly("planted");
    }

    @Test
    void everyPackageIsNullMarked() {
        assertThat(Architecture.packagesNotNullMarked(PRODUCT)).isEmpty();
    }

    @Test
    void findsAPackageThatIsNotNullMarked() {
        assertThat(Architecture.packagesNotNullMarked(PLANTED)).containsExactly("dev.sluice.ports.planted");
    }

    private static ArchRule rule(String name) {
        ArchRule rule = Architecture.rules().get(name);
        if (rule == null) {
            throw new IllegalArgumentException(name);
        }
        return rule;
    }
}
