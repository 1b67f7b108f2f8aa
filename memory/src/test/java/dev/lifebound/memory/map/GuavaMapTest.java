package dev.lifebound.memory.map;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.stream.Stream;
import junit.framework.AssertionFailedError;
import junit.framework.Test;
import junit.framework.TestCase;
import junit.framework.TestListener;
import junit.framework.TestResult;
import junit.framework.TestSuite;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Runs Guava's generated suites, and counts them: a suite that generates nothing passes too. Run by
 * their own runner and not by an engine, whose reports fold equal names together.
 */
class GuavaMapTest {
  static Stream<Arguments> suites() {
    return Stream.of(
        Arguments.of(GuavaMapSuites.suite(GuavaMapSuites.LONG_LONG), MAP_TESTS),
        Arguments.of(GuavaMapSuites.suite(GuavaMapSuites.PRESIZED), MAP_TESTS),
        Arguments.of(
            GuavaMapSuites.suite(
                GuavaMapSuites.typed(
                    Long.class, Long.class, GuavaMapSuites.LONGS, GuavaMapSuites.LONGS)),
            MAP_TESTS),
        Arguments.of(
            GuavaMapSuites.suite(
                GuavaMapSuites.typed(
                    String.class, String.class, GuavaMapSuites.TEXTS, GuavaMapSuites.TEXTS)),
            MAP_TESTS),
        Arguments.of(
            GuavaMapSuites.suite(
                GuavaMapSuites.typed(
                    java.util.UUID.class,
                    GuavaMapSuites.Named.class,
                    GuavaMapSuites.UUIDS,
                    GuavaMapSuites.NAMED)),
            MAP_TESTS),
        Arguments.of(
            GuavaMapSuites.suite(
                GuavaMapSuites.typed(
                    GuavaMapSuites.Named.class,
                    GuavaMapSuites.Point.class,
                    GuavaMapSuites.NAMED,
                    GuavaMapSuites.POINTS)),
            MAP_TESTS),
        Arguments.of(GuavaMapSuites.suite(String.class, GuavaMapSuites.TEXTS), SET_TESTS),
        Arguments.of(
            GuavaMapSuites.suite(GuavaMapSuites.Point.class, GuavaMapSuites.POINTS), SET_TESTS));
  }

  private static final int MAP_TESTS = 868;
  private static final int SET_TESTS = 223;

  @ParameterizedTest(name = "{0}")
  @MethodSource("suites")
  void guavasTestsPass(TestSuite suite, int expected) {
    Failures failures = new Failures();
    TestResult result = new TestResult();
    result.addListener(failures);
    suite.run(result);
    assertThat(failures.texts).isEmpty();
    assertThat(result.wasSuccessful()).isTrue();
    assertThat(result.runCount()).isEqualTo(leaves(suite));
    assertThat(result.runCount()).isEqualTo(expected);
  }

  private static int leaves(Test test) {
    if (test instanceof TestCase) {
      return 1;
    }
    int count = 0;
    if (test instanceof TestSuite suite) {
      for (Enumeration<Test> tests = suite.tests(); tests.hasMoreElements(); ) {
        count += leaves(tests.nextElement());
      }
    }
    return count;
  }

  private static final class Failures implements TestListener {
    final List<String> texts = new ArrayList<>();

    @Override
    public void addError(Test test, Throwable e) {
      texts.add(test + ": " + e);
    }

    @Override
    public void addFailure(Test test, AssertionFailedError e) {
      texts.add(test + ": " + e);
    }

    @Override
    public void endTest(Test test) {}

    @Override
    public void startTest(Test test) {}
  }
}
