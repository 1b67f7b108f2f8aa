package dev.lifebound.cli;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** "Who may see whom" of the architecture, and the rules that hold in every module. */
class LayeringTest {
  private static final String ROOT = "dev.lifebound.";

  /** The least number of classes in each module: an import that finds too little proves nothing. */
  private static final Map<String, Integer> LEAST =
      Map.of("memory", 30, "finding", 20, "crash", 20, "cli", 15);

  /** Only these modules of ours may be seen by the module. */
  private static final Map<String, List<String>> MAY_SEE =
      Map.of(
          "memory", List.of(),
          "finding", List.of(),
          "analysis", List.of("finding"),
          "crash", List.of("memory", "finding"),
          "gate", List.of("finding"),
          "ops", List.of("finding"));

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.lifebound");

  @Test
  void theImportHoldsEveryModule() {
    LEAST.forEach((module, least) ->
        assertThat(CLASSES.stream().filter(c -> module(c).equals(module)).count())
            .as("classes of module %s", module)
            .isGreaterThanOrEqualTo(least));
    assertThat(CLASSES.stream().map(LayeringTest::module).distinct())
        .contains("memory", "finding", "analysis", "crash", "cli");
  }

  @Test
  void everyModuleIsNamedInTheArchitecture() {
    assertThat(CLASSES.stream().map(LayeringTest::module).distinct())
        .allSatisfy(module ->
            assertThat(module.equals("cli") || MAY_SEE.containsKey(module))
                .as("module %s has a line in MAY_SEE", module)
                .isTrue());
  }

  @Test
  void modulesSeeOnlyWhatTheArchitectureAllows() {
    MAY_SEE.forEach((module, seen) -> {
      List<String> own = new ArrayList<>(seen);
      own.add(module);
      String[] allowed = own.stream().map(m -> ROOT + m + "..").toArray(String[]::new);
      noClasses()
          .that()
          .resideInAPackage(ROOT + module + "..")
          .should()
          .dependOnClassesThat(
              resideInAnyPackage("dev.lifebound..").and(not(resideInAnyPackage(allowed))))
          .allowEmptyShould(true)
          .check(CLASSES);
    });
  }

  @Test
  void thePackagesOfMemoryLieOneAboveTheOther() {
    List<String> order = List.of("os", "ledger", "handle", "arena", "map", "guard", "agent");
    for (int i = 0; i < order.size(); i++) {
      String[] above =
          order.subList(i + 1, order.size()).stream()
              .map(layer -> ROOT + "memory." + layer + "..")
              .toArray(String[]::new);
      if (above.length > 0) {
        noClasses()
            .that()
            .resideInAPackage(ROOT + "memory." + order.get(i) + "..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(above)
            .allowEmptyShould(true)
            .check(CLASSES);
      }
    }
  }

  @Test
  void packagesAreFreeOfCycles() {
    slices().matching("dev.lifebound.(**)").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void onlyTwoPackagesCallNativeCode() {
    noClasses()
        .that()
        .resideOutsideOfPackages(ROOT + "memory.os..", ROOT + "crash.lab..")
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.lang.foreign.Linker")
        .check(CLASSES);
  }

  @Test
  void onlyTheDoorAndTheAgentWriteToTheConsole() {
    noClasses()
        .that()
        .resideOutsideOfPackages(ROOT + "cli..", ROOT + "memory.agent..")
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .orShould()
        .callMethod(Throwable.class, "printStackTrace")
        .check(CLASSES);
  }

  @Test
  void onlyTheStoreSpeaksSql() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + "gate.store..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("java.sql..")
        .check(CLASSES);
  }

  @Test
  void nobodyUsesInternalsOfTheJdk() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("sun.misc..", "jdk.internal..", "sun.nio..")
        .check(CLASSES);
  }

  @Test
  void libraryCodeDoesNotEndTheProcess() {
    noClasses()
        .that()
        .resideOutsideOfPackages(ROOT + "cli..", ROOT + "crash.lab..")
        .should()
        .callMethod(System.class, "exit", int.class)
        .orShould()
        .callMethod(Runtime.class, "halt", int.class)
        .check(CLASSES);
  }

  @Test
  void everyPackageIsNullMarked() {
    assertThat(packages())
        .allSatisfy(p ->
            assertThat(p.isAnnotatedWith(NullMarked.class))
                .as("package-info of %s has @NullMarked", p.getName())
                .isTrue());
  }

  private static List<JavaPackage> packages() {
    TreeSet<String> names = new TreeSet<>();
    CLASSES.forEach(c -> names.add(c.getPackageName()));
    assertThat(names).hasSizeGreaterThanOrEqualTo(5);
    return names.stream().map(CLASSES::getPackage).toList();
  }

  private static String module(JavaClass type) {
    String below = type.getPackageName().substring(ROOT.length());
    int dot = below.indexOf('.');
    return dot < 0 ? below : below.substring(0, dot);
  }
}
