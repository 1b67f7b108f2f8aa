package dev.lifebound.crash.autopsy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifebound.crash.autopsy.AbortVictim.Cause;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Real processes that glibc aborts: without a log, and with and without their console. */
class AbortProcessTest {
  private static final int ABORTED = 134;

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    // What the ledger alone tells, whether it names the block, and what the library's words add.
    // C's second free is not recorded, and a double free of another block would look the same.
    "FREED_AGAIN_BY_C,    UNKNOWN,     false, DOUBLE_FREE,  false",
    "FREED_TWICE_BY_JAVA, DOUBLE_FREE, true,  DOUBLE_FREE,  true",
    "REFUSED_THEN_FREED,  DOUBLE_FREE, true,  DOUBLE_FREE,  true",
    "INNER_POINTER,       UNKNOWN,     false, WILD_ADDRESS, false",
    "OVERWRITTEN,         UNKNOWN,     false, ,             false",
  })
  void theVerdictIsAsGoodAsTheLedgerAllows(
      Cause cause,
      FailureKind alone,
      boolean blockAlone,
      @Nullable FailureKind withWords,
      boolean blockWithWords)
      throws Exception {
    CrashGenerator.Remains remains =
        new CrashGenerator(CrashGenerator.ownJava(), folder)
            .run(AbortVictim.class, List.of(), List.of(cause.name()));
    assertThat(remains.exit())
        .as("%s: %s", cause, CrashGenerator.tail(remains.folder()))
        .isEqualTo(ABORTED);
    assertThat(remains.file("hs_err")).as("abort() leaves no log").isNull();
    Path ledger = Objects.requireNonNull(remains.file("ledger"));

    Autopsy silent = Autopsy.perform(new AutopsyRequest(null, ledger, null));
    assertThat(silent.verdict().kind()).as("%s", silent.verdict()).isEqualTo(alone);
    assertThat(silent.block() != null).as("%s", silent.verdict()).isEqualTo(blockAlone);
    if (cause == Cause.FREED_AGAIN_BY_C) {
      assertThat(silent.verdict().reasons())
          .anyMatch(reason -> reason.contains("the last event is the free of block"));
    }

    Autopsy told =
        Autopsy.perform(new AutopsyRequest(remains.folder().resolve("console"), ledger, null));
    assertThat(told.verdict().kind())
        .as("%s", told.verdict())
        .isEqualTo(withWords == null ? FailureKind.UNKNOWN : withWords);
    assertThat(told.block() != null).as("%s", told.verdict()).isEqualTo(blockWithWords);
    assertThat(told.verdict().reasons())
        .anyMatch(reason -> reason.startsWith("the C library said: "));
  }
}
