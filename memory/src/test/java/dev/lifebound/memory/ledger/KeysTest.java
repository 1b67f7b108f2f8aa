package dev.lifebound.memory.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class KeysTest {
  private static @Nullable String there(@Nullable Object key) {
    return Keys.text(Keys.kind(key), Keys.high(key), Keys.low(key));
  }

  @Test
  void whatFitsComesBackWhole() {
    assertThat(there(null)).isNull();
    assertThat(there(-5L)).isEqualTo("-5");
    assertThat(there(Long.MIN_VALUE)).isEqualTo("-9223372036854775808");
    assertThat(there((short) 7)).isEqualTo("7");
    assertThat(there((byte) -1)).isEqualTo("-1");
    assertThat(there("")).isEmpty();
    assertThat(there("anna")).isEqualTo("anna");
    assertThat(there("0123456789abcdef")).isEqualTo("0123456789abcdef");
    assertThat(there("grün-äöü")).isEqualTo("grün-äöü");
    assertThat(there(StandardOpenOption.READ)).isEqualTo("READ");
    UUID uuid = UUID.nameUUIDFromBytes(new byte[] {1});
    assertThat(there(uuid)).isEqualTo(uuid.toString());
  }

  @Test
  void whatDoesNotFitIsCutBetweenCharacters() {
    assertThat(there("0123456789abcdefg")).isEqualTo("0123456789abcdef…");
    assertThat(there("äöüäöüäöü")).isEqualTo("äöüäöüäö…");
    assertThat(there("123456789012345ä")).isEqualTo("123456789012345…");
    assertThat(there("\uD83D\uDE00".repeat(5))).isEqualTo("\uD83D\uDE00".repeat(4) + "…");
    assertThat(there(StandardOpenOption.TRUNCATE_EXISTING)).isEqualTo("TRUNCATE_EXISTIN…");
  }

  @Test
  void ofAnythingElseTheHashIsKeptAndNothingElseIsCalled() {
    Object key =
        new Object() {
          @Override
          public int hashCode() {
            return 0xCAFE;
          }

          @Override
          public String toString() {
            throw new AssertionError("must not be called");
          }
        };
    assertThat(there(key)).isEqualTo("hash 0x0000cafe");
    assertThat(there(List.of(1))).isEqualTo("hash 0x00000020");
  }
}
