package dev.lifebound.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The launcher script itself, on machines that lack this or that. */
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LauncherProcessTest {
  @TempDir private Path folder;
  private FakeMachine machine;

  @BeforeEach
  void machine() throws IOException {
    machine = new FakeMachine(folder.toRealPath());
  }

  @Test
  void theFirstStartBuildsAndTheSecondDoesNot() throws Exception {
    machine.complete();
    Ran first = machine.run("--version");
    assertThat(first.exitCode()).isZero();
    assertThat(first.out()).startsWith("JAVA\n");
    assertThat(first.err())
        .contains("lifebound: building, once", "building 1 of 2: Lifebound memory", "2 of 2");
    assertThat(machine.builds())
        .containsExactly(
            folder.toRealPath() + "/jdk-25 -B -Dquick -pl cli -am package -DskipTests");
    Ran second = machine.run("--version");
    assertThat(second.err()).isEmpty();
    assertThat(machine.builds()).hasSize(1);
    assertThat(machine.repository().resolve("target/launcher-build.log"))
        .content()
        .contains("Downloaded from central");
  }

  @Test
  void itBuildsAgainWhenASourceOrAPomIsNewerOrASourceIsGone() throws Exception {
    machine.complete();
    int builds = 1;
    assertThat(machine.run().exitCode()).isZero();
    for (String touched :
        List.of("pom.xml", "memory/pom.xml", "cli/src/main/java/A.java", "finding/src/main/java")) {
      // Older than what was built just now is not stale; newer is.
      Path path = machine.repository().resolve(touched);
      Files.setLastModifiedTime(path, FileTime.from(Instant.now().plusSeconds(3600)));
      assertThat(machine.run().exitCode()).isZero();
      assertThat(machine.builds()).as("builds after %s changed", touched).hasSize(++builds);
      Files.setLastModifiedTime(path, FileTime.from(Instant.EPOCH));
      assertThat(machine.run().err()).isEmpty();
      assertThat(machine.builds()).hasSize(builds);
    }
  }

  @Test
  void aBuildThatFailsIsShownAndTriedAgain() throws Exception {
    machine
        .with("JAVA_HOME", machine.jdk("jdk-25", "25.0.3").toString())
        .onPath(machine.maven("echo '[ERROR] A.java:[1,2] cannot find symbol'; exit 7"));
    for (int i = 1; i <= 2; i++) {
      Ran ran = machine.run("--version");
      assertThat(ran.exitCode()).isEqualTo(2);
      assertThat(ran.out()).isEmpty();
      assertThat(ran.err())
          .contains("cannot find symbol", "exit=7", "launcher-build.log", "[build-failed]");
      assertThat(machine.builds()).hasSize(i);
    }
  }

  @Test
  void twoLaunchersAtOnceBuildOnce() throws Exception {
    Path gate = folder.toRealPath().resolve("gate");
    assertThat(new ProcessBuilder("mkfifo", gate.toString()).start().waitFor()).isZero();
    machine
        .with("JAVA_HOME", machine.jdk("jdk-25", "25.0.3").toString())
        .onPath(machine.maven("read -r _ < '" + gate + "'"));
    Process first = machine.builder(machine.launcher(), "first").start();
    BufferedReader firstErr = first.errorReader();
    assertThat(firstErr.readLine()).contains("building, once");
    Process second = machine.builder(machine.launcher(), "second").start();
    BufferedReader secondErr = second.errorReader();
    assertThat(secondErr.readLine()).contains("waiting for another launcher");
    Files.writeString(gate, "open\n");
    assertThat(first.waitFor()).isZero();
    assertThat(second.waitFor()).isZero();
    assertThat(first.inputReader().lines()).contains("[first]");
    assertThat(second.inputReader().lines()).contains("[second]");
    assertThat(secondErr.lines()).isEmpty();
    assertThat(machine.builds()).hasSize(1);
  }

  @Test
  void javaHomeComesBeforeThePathAndThePathBeforeTheFolders() throws Exception {
    Path home = machine.jdk("one", "25");
    Path path = machine.jdk("two", "25-ea");
    Path among = machine.jdk("jdks/three", "25.0.2");
    machine.onPath(machine.maven(""));
    machine.with("LIFEBOUND_JDKS", "/nowhere:" + folder.toRealPath().resolve("jdks"));
    assertThat(javaOf(machine.run())).isEqualTo(among.toString());
    // java on the PATH is a link, as on Debian.
    Path bin = Files.createDirectories(folder.toRealPath().resolve("bin"));
    Files.createSymbolicLink(bin.resolve("java"), path.resolve("bin/java"));
    machine.onPath(bin);
    assertThat(javaOf(machine.run())).isEqualTo(path.toString());
    machine.with("JAVA_HOME", home.toString());
    assertThat(javaOf(machine.run())).isEqualTo(home.toString());
    machine.with("JAVA_HOME", machine.jdk("old", "17.0.15").toString());
    assertThat(javaOf(machine.run())).isEqualTo(path.toString());
  }

  @Test
  void theJdkOfTheBuildComesBeforeTheUsualFolders() throws Exception {
    Path jdk = machine.jdk("unusual place", "25.0.3");
    machine.with("JAVA_HOME", jdk.toString()).onPath(machine.maven("")).run();
    machine.without("JAVA_HOME").without("LIFEBOUND_JDKS");
    assertThat(javaOf(machine.run())).isEqualTo(jdk.toString());
  }

  @Test
  void withoutAJdk25OneLineSaysWhatWasSearchedAndWhereToGetIt() throws Exception {
    machine.onPath(machine.maven(""));
    machine.jdk("jdks/newer", "26.0.1");
    machine.jdk("jdks/odd", "250.1");
    Path runtime = machine.jdk("jdks/jre", "25.0.3");
    Files.delete(runtime.resolve("bin/javac"));
    String jdks = folder.toRealPath().resolve("jdks").toString();
    machine.with("LIFEBOUND_JDKS", jdks).with("JAVA_HOME", "/usr/lib/jvm/none");
    Ran ran = machine.run("--version");
    assertThat(ran.exitCode()).isEqualTo(2);
    assertThat(ran.out()).isEmpty();
    assertThat(ran.err())
        .startsWith("lifebound: a JDK 25 is needed: JAVA_HOME=/usr/lib/jvm/none")
        .contains("java on PATH=none", "searched=" + jdks, "Temurin", "https://adoptium.net")
        .endsWith("[jdk-not-found]\n")
        .hasLineCount(1);
  }

  @Test
  void scriptsCanAskForTheJava() throws Exception {
    Path jdk = machine.jdk("jdk-25", "25.0.3");
    machine.with("JAVA_HOME", jdk.toString());
    assertThat(machine.run("--print-java")).isEqualTo(new Ran(0, jdk + "/bin/java\n", ""));
  }

  @Test
  void withoutMavenOneLineSaysSo() throws Exception {
    machine.with("JAVA_HOME", machine.jdk("jdk-25", "25.0.3").toString());
    Ran ran = machine.run("--version");
    assertThat(ran.exitCode()).isEqualTo(2);
    assertThat(ran.err())
        .startsWith("lifebound: Maven 3.8 or newer is needed")
        .contains("apt install maven", "[maven-not-found]")
        .hasLineCount(1);
    machine.maven("");
    machine.with("MAVEN_HOME", folder.toRealPath().resolve("maven").toString());
    assertThat(machine.run().exitCode()).isZero();
  }

  @Test
  void argumentsExitCodeAndProcessPassThrough() throws Exception {
    machine.complete().with("JAVA_EXIT", "37").run();
    Process process = machine.builder(machine.launcher(), "a b", "", "@c", "$d", "*").start();
    List<String> out = process.inputReader().lines().toList();
    assertThat(process.waitFor()).isEqualTo(37);
    assertThat(out).endsWith("[a b]", "[]", "[@c]", "[$d]", "[*]");
    // The launcher becomes the JVM: signals reach it, nothing stays behind.
    assertThat(out.get(2)).isEqualTo(String.valueOf(process.pid()));
  }

  @Test
  void itWorksThroughLinksFromAnyFolder() throws Exception {
    machine.complete().run();
    Path bin = Files.createDirectories(folder.toRealPath().resolve("x/y"));
    Files.createSymbolicLink(bin.resolve("two"), Path.of("../../a repository/lifebound"));
    Path one = Files.createSymbolicLink(bin.resolve("one"), Path.of("two"));
    assertThat(machine.runBy(one).out())
        .contains("[" + machine.dist().resolve("lib/lifebound-cli-0.1.0.jar") + "]");
    Path copy = Files.copy(machine.launcher(), bin.resolve("copied"));
    Ran copied = machine.runBy(copy);
    assertThat(copied.exitCode()).isEqualTo(2);
    assertThat(copied.err()).contains("folder=" + bin, "[launcher-misplaced]").hasLineCount(1);
  }

  @Test
  void theFlagsNameTheCacheOnlyWhenItIsThere() throws Exception {
    machine.complete().with("LIFEBOUND_JAVA_OPTIONS", "-Xmx1g -Da=b").run();
    assertThat(machine.run("x").out())
        .contains(
            "[@" + machine.dist() + "/lib/jvm.options]\n",
            "[-XX:AOTCache=" + machine.dist() + "/lifebound.aot]\n",
            "[-Dlifebound.terminals=]\n[-Xmx1g]\n[-Da=b]\n[-jar]\n");
    Files.delete(machine.dist().resolve("lifebound.aot"));
    assertThat(machine.run("x").out()).doesNotContain("AOTCache");
  }

  @Test
  void theCLocaleBecomesUtf8AndOthersStay() throws Exception {
    machine.complete().run();
    assertThat(machine.run().out()).contains("LC_ALL=C.UTF-8\n");
    machine.with("LANG", "de_DE.UTF-8");
    assertThat(machine.run().out()).contains("LC_ALL=\n");
    machine.with("LC_ALL", "POSIX");
    assertThat(machine.run().out()).contains("LC_ALL=C.UTF-8\n");
  }

  @Test
  void aDistributionNeedsNoMavenAndTrainsItsCacheBesideTheFirstStart() throws Exception {
    Path dist = folder.toRealPath().resolve("lifebound 0.1");
    FakeMachine.write(dist.resolve("lib/jvm.options"), "");
    FakeMachine.write(dist.resolve("lib/lifebound-cli-0.1.jar"), "");
    Files.createDirectories(dist.resolve("bin"));
    Path launcher = Files.copy(machine.launcher(), dist.resolve("bin/lifebound"));
    Path trained = folder.toRealPath().resolve("trained");
    assertThat(new ProcessBuilder("mkfifo", trained.toString()).start().waitFor()).isZero();
    machine
        .with("JAVA_HOME", machine.jdk("jdk-25", "25.0.3").toString())
        .with("TRAINED", trained.toString());
    Ran first = machine.runBy(launcher, "scan");
    assertThat(first.exitCode()).isZero();
    assertThat(first.err()).isEmpty();
    assertThat(first.out()).endsWith("[scan]\n").doesNotContain("AOTCache");
    // Opening the pipe waits for the training.
    assertThat(Files.readString(trained))
        .isEqualTo(
            "@lib/jvm.options -XX:AOTCacheOutput="
                + dist
                + "/part.aot -Dlifebound.training="
                + dist
                + " -jar "
                + dist
                + "/lib/lifebound-cli-0.1.jar\n");
    // The lock is free when the training has ended; the folder can then be removed.
    Path lock = dist.resolve("lock");
    assertThat(new ProcessBuilder("flock", lock.toString(), "true").start().waitFor()).isZero();
    assertThat(dist.resolve("lifebound.aot")).exists();
  }

  @Test
  void aDistributionThatIsTrainedStartsFromItsCache() throws Exception {
    Path dist = folder.toRealPath().resolve("dist");
    FakeMachine.write(dist.resolve("lib/jvm.options"), "");
    FakeMachine.write(dist.resolve("lib/lifebound-cli-0.1.jar"), "");
    FakeMachine.write(dist.resolve("lifebound.aot"), "");
    Path jdk = machine.jdk("jdk-25", "25.0.3");
    FakeMachine.write(dist.resolve("built"), jdk + "\n25.0.3+9\n");
    Files.createDirectories(dist.resolve("bin"));
    Path launcher = Files.copy(machine.launcher(), dist.resolve("bin/lifebound"));
    machine.without("LIFEBOUND_JDKS").with("TRAINED", "/dev/full");
    Ran ran = machine.runBy(launcher);
    assertThat(ran.out()).contains("[-XX:AOTCache=" + dist + "/lifebound.aot]");
    assertThat(javaOf(ran)).isEqualTo(jdk.toString());
    assertThat(dist.resolve("lock")).doesNotExist();
  }

  private static String javaOf(Ran ran) {
    assertThat(ran.exitCode()).as(ran.err()).isZero();
    return ran.out().lines().skip(1).findFirst().orElseThrow();
  }
}
