package gpu.kerf.extender.api;

import gpu.kerf.extender.turn.TeamsPicture;
import gpu.kerf.extender.turn.TeamsPicture.OneReclaim;
import gpu.kerf.extender.turn.TeamsPicture.OneTeam;
import gpu.kerf.extender.turn.TeamsPicture.OneVictim;
import gpu.kerf.extender.turn.TeamsPicture.OneWaiting;
import gpu.kerf.model.budget.BudgetBalance;
import gpu.kerf.model.budget.BudgetPeriod;
import gpu.kerf.model.budget.GpuBudget;
import gpu.kerf.model.team.GpuAmount;
import gpu.kerf.model.team.Reclaim;
import gpu.kerf.model.team.TeamNumbers;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A bank with 24 GPUs: fraud takes back its guarantee, analytics stands at its limit. */
public final class BankOfTeams {
  public static final long NOW = 1_795_258_800_000L;
  private static final long MINUTE = 60_000;

  private BankOfTeams() {}

  public static TeamsPicture picture() {
    return new TeamsPicture(true, 24_000, teams(), reclaims());
  }

  private static List<OneTeam> teams() {
    return List.of(
        team(
            "bank",
            "",
            24_000,
            -1,
            1_000,
            numbers("bank", 23_500, 0, 2_000, 14_250, 6, 24_000),
            null),
        new OneTeam(
            "fraud",
            "bank",
            8_000,
            12_000,
            1_000,
            10,
            numbers("fraud", 7_000, 0, 2_000, 1_000, 1, 8_000),
            "",
            "Accepted",
            "",
            List.of(
                waiting(
                    "fraud/score-7c9d-x2x8v",
                    1,
                    100,
                    1,
                    "team fraud holds 7 of 8 guaranteed, first in its line. Pods of others are"
                        + " being evicted for it.")),
            1,
            NOW - MINUTE,
            null),
        team(
            "research",
            "bank",
            8_000,
            16_000,
            2_000,
            numbers("research", 11_500, 3_500, 0, 9_250, 3, 11_000),
            budget()),
        new OneTeam(
            "language",
            "research",
            4_000,
            -1,
            1_000,
            0,
            numbers("language", 5_000, 1_000, 0, 9_250, 3, 6_500),
            "",
            "Accepted",
            "",
            List.of(
                waiting(
                    "pretrain-70b",
                    8,
                    0,
                    47,
                    "team language holds 5 of 4 guaranteed, first in its line. No free place is"
                        + " large enough."),
                waiting(
                    "research/finetune-lora-2",
                    1,
                    0,
                    31,
                    "team language holds 5 of 4 guaranteed, 1 before you. No free place is large"
                        + " enough."),
                waiting("research/notebook-ana", 1, 0, 4, "")),
            3,
            NOW - 47 * MINUTE,
            null),
        team(
            "vision",
            "research",
            4_000,
            8_000,
            1_000,
            numbers("vision", 6_500, 2_500, 0, 0, 0, 4_500),
            null),
        new OneTeam(
            "analytics",
            "bank",
            2_000,
            5_000,
            500,
            0,
            numbers("analytics", 5_000, 3_000, 0, 4_000, 2, 5_000),
            "nights",
            "Accepted",
            "",
            List.of(
                waiting(
                    "analytics/quarter-end-4",
                    1,
                    0,
                    92,
                    "team analytics holds 5 of 2 guaranteed, first in its line. Team analytics"
                        + " holds 5, and its limit is 5."),
                waiting(
                    "analytics/quarter-end-5",
                    1,
                    0,
                    92,
                    "team analytics holds 5 of 2 guaranteed, 1 before you. Team analytics holds"
                        + " 5, and its limit is 5.")),
            2,
            NOW - 92 * MINUTE,
            null),
        new OneTeam(
            "platform",
            "",
            0,
            2_000,
            1_000,
            0,
            numbers("platform", 0, 0, 0, 0, 0, 0),
            "",
            "PromisesTooMuch",
            "The teams below platform are guaranteed 3 GPUs together, and platform has 0.",
            List.of(),
            0,
            0,
            null));
  }

  /** 8,000 GPU hours a month, of which 6,912.5 are used. */
  private static BudgetBalance budget() {
    ZoneId berlin = ZoneId.of("Europe/Berlin");
    return new GpuBudget(8_000_000, BudgetPeriod.MONTH, berlin, GpuBudget.OnExhausted.HOLD)
        .at(Instant.ofEpochMilli(NOW), since -> 6_912_500L * 3_600_000);
  }

  private static OneTeam team(
      String name,
      String parent,
      long guarantee,
      long limit,
      long weight,
      TeamNumbers numbers,
      @Nullable BudgetBalance budget) {
    return new OneTeam(
        name,
        parent,
        guarantee,
        limit,
        weight,
        0,
        numbers,
        "",
        "Accepted",
        "",
        List.of(),
        numbers.pendingWorks(),
        0,
        budget);
  }

  private static TeamNumbers numbers(
      String team, long held, long borrowed, long reserved, long pending, int works, long share) {
    return new TeamNumbers(
        team,
        new GpuAmount(Math.max(0, held - borrowed)),
        new GpuAmount(held),
        new GpuAmount(borrowed),
        new GpuAmount(reserved),
        new GpuAmount(pending),
        works,
        new GpuAmount(share));
  }

  private static OneWaiting waiting(String name, int pods, int priority, int minutes, String why) {
    return new OneWaiting(name, pods, priority, NOW - minutes * MINUTE, why);
  }

  private static List<OneReclaim> reclaims() {
    return List.of(
        new OneReclaim(
            NOW - 9_000,
            0,
            "running",
            Reclaim.Rule.GUARANTEE,
            "fraud",
            "fraud/score-7c9d-x2x8v",
            List.of(new OneVictim("vision", "research/segment-12", 1, 1_000))),
        new OneReclaim(
            NOW - 95_000,
            NOW - 93_200,
            "done",
            Reclaim.Rule.GUARANTEE,
            "fraud",
            "fraud/score-7c9d-k4tq2",
            List.of(
                new OneVictim("language", "train-7", 4, 1_500),
                new OneVictim("analytics", "analytics/backtest-3", 1, 500))),
        new OneReclaim(
            NOW - 40 * MINUTE,
            NOW - 40 * MINUTE + 400,
            "blocked",
            Reclaim.Rule.PRIORITY,
            "language",
            "research/eval-2",
            List.of(new OneVictim("language", "research/serve-demo-0", 1, 1_000))),
        new OneReclaim(
            NOW - 125 * MINUTE,
            NOW - 120 * MINUTE,
            "late",
            Reclaim.Rule.SHARE,
            "vision",
            "research/segment-9",
            List.of(new OneVictim("-", "dev/scratch-0", 1, 250))));
  }
}
