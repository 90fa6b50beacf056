package gpu.kerf.extender.certificate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gpu.kerf.extender.telemetry.Metrics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CertificateKeeperTest {
  private static final Duration VALIDITY = Duration.ofDays(90);
  private static final List<String> NAMES = List.of("kerf-webhook.kerf-system.svc");

  @TempDir Path folder = Path.of("");
  private final FakeVault vault = new FakeVault();
  private Instant now = Instant.parse("2026-11-21T12:00:00Z");

  private CertificateKeeper keeper(String replica) {
    CertificateKeeper.CertificateOptions options =
        new CertificateKeeper.CertificateOptions(
            NAMES, folder.resolve(replica), VALIDITY, Duration.ofMinutes(1));
    return new CertificateKeeper(vault, options, () -> now, new Metrics());
  }

  private String shown(String replica) {
    try {
      return Files.readString(folder.resolve(replica).resolve("tls.crt"));
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  /** Whether a client with the authorities of the API server trusts a certificate. */
  private boolean isBelieved(String certificate) throws GeneralSecurityException {
    X509Certificate leaf = Pem.certificates(certificate).get(0);
    for (X509Certificate authority : Pem.certificates(vault.believed)) {
      if (authority.getSubjectX500Principal().equals(leaf.getIssuerX500Principal())) {
        leaf.verify(authority.getPublicKey());
        leaf.checkValidity(Date.from(now));
        authority.checkValidity(Date.from(now));
        return true;
      }
    }
    return false;
  }

  @Test
  void theFirstLookMakesOneThatIsBelievedAndShown() throws Exception {
    keeper("a").look();
    Bundle kept = Objects.requireNonNull(vault.kept);
    X509Certificate leaf = Pem.certificates(kept.certificate()).get(0);
    assertThat(leaf.getSubjectAlternativeNames().toString()).contains(NAMES.get(0));
    assertThat(leaf.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.1");
    assertThat(leaf.getBasicConstraints()).as("it can sign nothing").isEqualTo(-1);
    assertThat(shown("a")).isEqualTo(kept.certificate());
    assertThat(isBelieved(shown("a"))).isTrue();
  }

  /** The process ends then, because without a keeper the certificate would expire. */
  @Test
  void anErrorIsNotTriedAgain() {
    vault.broken = new NoClassDefFoundError("as the test says");
    CertificateKeeper keeper = keeper("a");
    assertThatThrownBy(keeper::run).isSameAs(vault.broken);
  }

  @Test
  void noOtherAccountMayReadTheKeyAndTheAuthoritysIsNowhere() throws Exception {
    keeper("a").look();
    Path key = folder.resolve("a").resolve("tls.key");
    assertThat(Files.getPosixFilePermissions(key))
        .containsExactlyInAnyOrder(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
    Bundle kept = Objects.requireNonNull(vault.kept);
    assertThat(Files.readString(key)).isEqualTo(kept.key());
    assertThat(kept.authorities() + kept.certificate()).doesNotContain("PRIVATE");
    assertThat(kept.key()).containsOnlyOnce("BEGIN PRIVATE KEY");
    assertThat(kept).asString().doesNotContain("PRIVATE");
  }

  @Test
  void whatIsGoodIsLeftAloneUntilTwoThirdsOfItsTimeAreOver() throws Exception {
    CertificateKeeper a = keeper("a");
    a.look();
    now = now.plus(Duration.ofDays(59));
    a.look();
    keeper("b").look();
    assertThat(vault.all).hasSize(1);
    now = now.plus(Duration.ofDays(2));
    a.look();
    assertThat(vault.all).hasSize(2);
  }

  @Test
  void atEveryStepOfARenewalWhatEachReplicaShowsIsBelieved() throws Exception {
    CertificateKeeper a = keeper("a");
    CertificateKeeper b = keeper("b");
    a.look();
    b.look();
    String first = shown("a");
    for (int renewal = 0; renewal < 5; renewal++) {
      String before = shown("a");
      now = now.plus(Duration.ofDays(61));
      a.look();
      assertThat(shown("a")).as("not before all API servers have heard of it").isEqualTo(before);
      assertBothBelieved();
      b.look();
      assertThat(shown("b")).isEqualTo(before);
      assertBothBelieved();
      now = now.plus(CertificateKeeper.HEARD);
      a.look();
      assertThat(shown("a")).isNotEqualTo(before);
      assertBothBelieved();
      b.look();
      assertThat(shown("b")).isEqualTo(shown("a"));
      assertBothBelieved();
    }
    assertThat(vault.all).hasSize(6);
    assertThat(isBelieved(first)).isFalse();
    assertThat(Pem.certificates(vault.believed)).as("it does not grow").hasSize(2);
  }

  private void assertBothBelieved() throws GeneralSecurityException {
    assertThat(isBelieved(shown("a"))).as("a").isTrue();
    assertThat(isBelieved(shown("b"))).as("b").isTrue();
  }

  @Test
  void theSecondReplicaTakesTheCertificateOfTheFirst() throws Exception {
    CertificateKeeper a = keeper("a");
    CertificateKeeper b = keeper("b");
    vault.between = () -> look(a);
    look(b);
    assertThat(vault.all).hasSize(1);
    assertThat(shown("b")).isEqualTo(shown("a"));
  }

  private static void look(CertificateKeeper keeper) {
    try {
      keeper.look();
    } catch (IOException | GeneralSecurityException failed) {
      throw new AssertionError(failed);
    }
  }

  @Test
  void aReplicaThatSleptOverTheEndShowsAFreshOneAtOnce() throws Exception {
    CertificateKeeper a = keeper("a");
    a.look();
    String before = shown("a");
    now = now.plus(Duration.ofDays(400));
    keeper("b").look();
    now = now.plus(Duration.ofDays(200));
    keeper("b").look();
    a.look();
    assertThat(shown("a")).isNotEqualTo(before).isEqualTo(shown("b"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "garbage", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"})
  void nonsenseInTheSecretIsReplacedAndWhatIsShownIsBelieved(String nonsense) throws Exception {
    CertificateKeeper a = keeper("a");
    a.look();
    for (Bundle broken : broken(Objects.requireNonNull(vault.kept), nonsense)) {
      vault.kept = broken;
      a.look();
      assertThat(isBelieved(shown("a"))).isTrue();
      assertThat(Pem.certificates(vault.believed)).hasSizeBetween(1, 2);
      now = now.plus(CertificateKeeper.HEARD);
      a.look();
      assertThat(shown("a")).isEqualTo(Objects.requireNonNull(vault.kept).certificate());
      assertThat(isBelieved(shown("a"))).isTrue();
    }
    assertThat(vault.all).hasSize(4);
  }

  private static List<Bundle> broken(Bundle good, String nonsense) {
    return List.of(
        new Bundle(nonsense, good.key(), good.authorities()),
        new Bundle(good.certificate(), nonsense, good.authorities()),
        new Bundle(good.certificate(), good.key(), nonsense));
  }

  @Test
  void oneOfAnotherNameOrWithAnothersKeyIsNoUse() throws Exception {
    Bundle other = new CertificateMaker(List.of("other"), VALIDITY).make(now, "");
    Bundle good = new CertificateMaker(NAMES, VALIDITY).make(now, "");
    assertThat(good.isGood(NAMES, now)).isTrue();
    assertThat(other.isGood(NAMES, now)).isFalse();
    assertThat(new Bundle(good.certificate(), other.key(), good.authorities()).isGood(NAMES, now))
        .isFalse();
    assertThat(new Bundle(good.certificate(), good.key(), other.authorities()).isGood(NAMES, now))
        .isFalse();
    assertThat(good.isGood(NAMES, now.minus(Duration.ofDays(1)))).as("from the future").isFalse();
  }

  @Test
  void whileTheServerDoesNotAnswerTheCertificateStays() throws Exception {
    CertificateKeeper a = keeper("a");
    a.look();
    String before = shown("a");
    vault.away = true;
    assertThatThrownBy(a::look).hasMessage("no answer");
    assertThat(shown("a")).isEqualTo(before);
  }
}
