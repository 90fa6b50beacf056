package gpu.kerf.extender.telemetry;

import java.util.List;
import java.util.Locale;

/**
 * Every metric of Kerf: its name, kind, labels and meaning. The documentation's table is made of
 * this, and a test compares it with what is scraped.
 */
public enum Metric {
  VERB_SECONDS(
      Kind.HISTOGRAM,
      "kerf_verb_duration_seconds",
      "Time from a request's headers to its answer.",
      "verb"),
  VERB_ANSWERS(
      Kind.COUNTER,
      "kerf_verb_answers_total",
      "Answers by outcome: placed, refused, error, ranked, or evicts (others have to go first);"
          + " reason is the most frequent one of a refusal, or the code of an error, and empty"
          + " otherwise.",
      "verb",
      "outcome",
      "reason"),
  ADMISSION_SECONDS(
      Kind.HISTOGRAM,
      "kerf_admission_duration_seconds",
      "Time from a review's headers to its answer.",
      "webhook"),
  ADMISSION_ANSWERS(
      Kind.COUNTER,
      "kerf_admission_answers_total",
      "Answers to the API server by outcome: patched, unchanged, allowed, warned, refused or error;"
          + " reason is the first one of a refusal or the code of an error, and empty otherwise.",
      "webhook",
      "outcome",
      "reason"),
  REFUSALS(
      Kind.COUNTER,
      "kerf_http_refused_requests_total",
      "Requests that were refused before any verb saw them, by the code of the answer's error.",
      "code"),
  CONNECTIONS(Kind.GAUGE, "kerf_http_connections", "Connections that are open.", "port"),
  IN_FLIGHT(
      Kind.GAUGE,
      "kerf_http_in_flight_requests",
      "Verbs and webhooks that are being answered.",
      "port"),
  BODY_BYTES(
      Kind.GAUGE,
      "kerf_http_body_bytes",
      "Bodies of requests that are in memory, in bytes.",
      "port"),
  CUT_OFF(
      Kind.COUNTER,
      "kerf_http_connections_cut_off_total",
      "Connections that were closed because they were idle or slow.",
      "cause"),
  EVENT_STREAMS(Kind.GAUGE, "kerf_http_event_streams", "Consoles that listen to live events."),
  LOOP_DELAY(
      Kind.HISTOGRAM,
      "kerf_event_loop_delay_seconds",
      "How late the event loop is with a timer that fires ten times a second."),
  READY(Kind.GAUGE, "kerf_ready", "1 if the condition of readiness holds, else 0.", "condition"),
  STALENESS(Kind.GAUGE, "kerf_cluster_staleness_seconds", "Age of the picture of the cluster."),
  WATCH_AGE(
      Kind.GAUGE,
      "kerf_watch_age_seconds",
      "How long nothing has been heard of a kind of object; the API server says something at least"
          + " once per cluster.watch.",
      "resource"),
  WATCH_EVENTS(
      Kind.COUNTER, "kerf_watch_events_total", "Changes that watches brought.", "resource"),
  WATCH_ENDS(
      Kind.COUNTER,
      "kerf_watch_ends_total",
      "Watches that ended before their time: silent, broken, forgotten (the API server no longer"
          + " knows where they stood), garbled, lost (their events could not be taken in) or"
          + " failed.",
      "resource",
      "cause"),
  LISTS(Kind.COUNTER, "kerf_lists_total", "Times that all objects were listed.", "resource"),
  UNREADABLE(
      Kind.COUNTER,
      "kerf_unreadable_objects_total",
      "Objects of the cluster that could not be read and were left out.",
      "resource"),
  NODES_UNUSABLE(
      Kind.GAUGE,
      "kerf_nodes_unusable",
      "Nodes that Kerf should manage and whose GPUs it cannot make out; their events say why."),
  ADVERTISED(
      Kind.COUNTER,
      "kerf_advertised_total",
      "Writes of kerf.gpu/memory and kerf.gpu/whole into nodes, by outcome: written or failed.",
      "outcome"),
  PLANS(
      Kind.GAUGE,
      "kerf_preemption_plans",
      "Pods for which others of lower priority are being evicted."),
  EVENTS(
      Kind.COUNTER,
      "kerf_events_total",
      "Events for users, by outcome: written, failed or dropped.",
      "outcome"),
  WARM_UP(Kind.GAUGE, "kerf_warm_up_duration_seconds", "How long the warm-up took."),
  SETTINGS_RELOADS(
      Kind.COUNTER,
      "kerf_settings_reloads_total",
      "Attempts to read the settings again that found something new, by outcome: changed or"
          + " refused.",
      "outcome"),
  SETTINGS_VALID(
      Kind.GAUGE,
      "kerf_settings_valid",
      "1 if the newest settings are in force, 0 if they are invalid and older ones are."),
  TLS_RELOADS(
      Kind.COUNTER,
      "kerf_tls_reloads_total",
      "Attempts to take changed certificate files, by outcome: changed or refused.",
      "port",
      "outcome"),
  TLS_EXPIRY(
      Kind.GAUGE,
      "kerf_tls_certificate_expiry_timestamp_seconds",
      "When the certificate in use expires, in Unix time.",
      "port"),
  CERTIFICATES(
      Kind.COUNTER,
      "kerf_certificates_total",
      "Certificates that Kerf made for its webhook, by outcome: made, or failed, which is tried"
          + " again.",
      "outcome"),
  NODES(Kind.GAUGE, "kerf_nodes", "Nodes that Kerf knows."),
  LEDGER(
      Kind.GAUGE,
      "kerf_ledger_placements",
      "Placements in the ledger by state: proposed, binding, bound or quarantined (the pod was"
          + " deleted by force, and its containers may still run).",
      "state"),
  QUARANTINED(
      Kind.GAUGE,
      "kerf_quarantined_gpu_memory_bytes",
      "GPU memory that is held for pods that were deleted by force, until their containers have"
          + " surely ended."),
  DELETIONS_WAIT(
      Kind.GAUGE,
      "kerf_deletions_wait_seconds",
      "How long Kerf places no pod yet, because the API server has forgotten which pods were"
          + " deleted by force while no replica listened, and their containers may still run; 0"
          + " usually."),
  CONFLICTS(
      Kind.GAUGE,
      "kerf_ledger_conflicts",
      "Pods that say they hold slots that others hold, or that do not exist."),
  DIFFERENCES(
      Kind.GAUGE,
      "kerf_ledger_differences",
      "Pods about which the ledger and a fresh list of the API server have disagreed twice in a"
          + " row: missing (bound, and unknown to the ledger), elsewhere (on another node),"
          + " other-slots, gone, unbound, or unreadable. Their events name both sides.",
      "kind"),
  RECONCILIATIONS(
      Kind.COUNTER,
      "kerf_reconciliations_total",
      "Comparisons of the ledger with a fresh list of the API server, by outcome: done or failed.",
      "outcome"),
  REPAIRS(
      Kind.COUNTER,
      "kerf_ledger_repairs_total",
      "Slots given back because a fresh read has proven twice that the pod is gone or not bound.",
      "kind"),
  CONTROLLER_RETRIES(
      Kind.COUNTER,
      "kerf_controller_retries_total",
      "Controllers that could not create a pod while the webhook did not answer, and that Kerf let"
          + " try again, by outcome: asked, gone or failed.",
      "outcome"),
  FRESH_READS(
      Kind.COUNTER,
      "kerf_fresh_reads_total",
      "Reads of what is on a node before a first binding after a pause, by outcome: passed, or"
          + " refused because it was not heard of in time.",
      "outcome"),
  LEASE_HELD(
      Kind.GAUGE,
      "kerf_binding_lease_held",
      "1 while this replica holds the Lease kerf-binding, without which none binds, else 0."),
  LEASE_CHANGES(
      Kind.COUNTER,
      "kerf_binding_lease_changes_total",
      "What became of the Lease kerf-binding: taken, taken-over (another replica had not renewed"
          + " it), given-back, or lost while this replica held it.",
      "change"),
  AUDIT_OVERLAPS(
      Kind.GAUGE,
      "kerf_audit_overlaps",
      "GPUs of which the last audit found a part that is held twice, by the rule that is broken."
          + " The audit reads the API server alone and shares no code with the ledger.",
      "rule"),
  AUDIT_PROBLEMS(
      Kind.GAUGE,
      "kerf_audit_problems",
      "What else the last audit found, by rule: parts that are held and not there, and objects that"
          + " cannot be read.",
      "rule"),
  AUDITS(Kind.COUNTER, "kerf_audits_total", "Audits, by outcome: done or failed.", "outcome"),
  AUDIT_SUCCESS(
      Kind.GAUGE,
      "kerf_audit_last_success_timestamp_seconds",
      "When the last audit was done, in Unix time; the start of the process where none was."),
  GPUS(Kind.GAUGE, "kerf_gpus", "GPUs.", "model"),
  GPUS_UNUSABLE(
      Kind.GAUGE, "kerf_gpus_unusable", "GPUs that are unhealthy or used by others.", "model"),
  GPU_PRICE(
      Kind.GAUGE,
      "kerf_gpu_price_per_hour",
      "What an hour of a GPU costs, as the settings say (cost.prices), in their currency.",
      "model"),
  GPUS_UNTOUCHED(Kind.GAUGE, "kerf_gpus_untouched", "GPUs of which no pod holds a part.", "model"),
  CAPACITY(Kind.GAUGE, "kerf_gpu_memory_capacity_bytes", "Memory of GPUs.", "model"),
  HELD(Kind.GAUGE, "kerf_gpu_memory_held_bytes", "GPU memory that pods hold.", "model"),
  FREE(
      Kind.GAUGE,
      "kerf_gpu_memory_free_bytes",
      "GPU memory that no pod holds, on usable GPUs.",
      "model"),
  STRANDED(
      Kind.GAUGE,
      "kerf_gpu_memory_stranded_bytes",
      "The part of the free memory that no usual demand could use.",
      "model"),
  LARGEST(
      Kind.GAUGE,
      "kerf_gpu_memory_largest_placeable_bytes",
      "The largest part of one GPU that a pod could get now.",
      "model"),
  NAMESPACE_HELD(
      Kind.GAUGE,
      "kerf_namespace_gpu_memory_held_bytes",
      "GPU memory that a namespace's pods hold.",
      "namespace"),
  NAMESPACE_BYTE_SECONDS(
      Kind.COUNTER,
      "kerf_namespace_gpu_memory_byte_seconds_total",
      "GPU memory held, times how long; by 2^20 it is MiB-seconds.",
      "namespace"),
  NAMESPACE_GPU_SECONDS(
      Kind.COUNTER,
      "kerf_namespace_gpu_seconds_total",
      "GPUs held, times how long; a part of a GPU counts as its part of the memory.",
      "namespace"),
  NAMESPACE_COST(
      Kind.COUNTER,
      "kerf_namespace_cost_total",
      "GPU-seconds at the prices of the settings, in their currency.",
      "namespace"),
  PENDING_PODS(
      Kind.GAUGE, "kerf_namespace_pending_pods", "Pods that wait for a place.", "namespace"),
  PENDING_MEMORY(
      Kind.GAUGE,
      "kerf_namespace_pending_gpu_memory_bytes",
      "GPU memory that waiting pods ask for, where they ask for memory.",
      "namespace"),
  PENDING_GPUS(
      Kind.GAUGE,
      "kerf_namespace_pending_gpus",
      "Whole GPUs that waiting pods ask for.",
      "namespace"),
  PENDING_OLDEST(
      Kind.GAUGE,
      "kerf_namespace_pending_oldest_seconds",
      "How long the pod has waited that has waited longest.",
      "namespace"),
  NAMESPACE_PLACED(
      Kind.COUNTER,
      "kerf_namespace_placed_pods_total",
      "Pods with GPUs that were bound.",
      "namespace"),
  NAMESPACE_WAITED(
      Kind.COUNTER,
      "kerf_namespace_waited_seconds_total",
      "How long the pods that were bound had waited for it, together.",
      "namespace"),
  TEAM_GPUS(
      Kind.GAUGE,
      "kerf_team_gpus",
      "GPUs of a team with all teams below it, by what: held, borrowed (the part of held above the"
          + " guarantee), reserved (the part of held that is not bound yet), pending (asked for,"
          + " and without a place), share (what it should hold now), guarantee, or limit (no series"
          + " if it has none).",
      "team",
      "what"),
  TEAM_WAITING(
      Kind.GAUGE,
      "kerf_team_waiting",
      "Pods and gangs in the lines of a team and of all teams below it; a gang counts once.",
      "team"),
  TEAM_OLDEST(
      Kind.GAUGE,
      "kerf_team_oldest_waiting_seconds",
      "How long the pod or gang has waited that has waited longest in the line of a team; 0 if the"
          + " line is empty, no series for teams that have teams below them.",
      "team"),
  TEAM_BUDGET(
      Kind.GAUGE,
      "kerf_team_budget_gpu_hours",
      "GPU hours that a team and all teams below it may use in a period; no series if it has no"
          + " budget.",
      "team"),
  TEAM_BUDGET_USED(
      Kind.GAUGE,
      "kerf_team_budget_used_gpu_hours",
      "GPU hours of the budget that are used in this period.",
      "team"),
  TEAM_BUDGET_RESETS(
      Kind.GAUGE,
      "kerf_team_budget_resets_seconds",
      "In how many seconds the next period of the budget begins.",
      "team"),
  TEAM_STARTED(
      Kind.COUNTER, "kerf_team_started_pods_total", "Pods of a team that were bound.", "team"),
  TEAM_GPU_SECONDS(
      Kind.COUNTER,
      "kerf_team_gpu_seconds_total",
      "GPU seconds that a team and all teams below it have used, a part of a GPU as its part; pods"
          + " without a team count as \"-\". It begins anew with each start of Kerf, and counts"
          + " what was used while Kerf was down.",
      "team"),
  USAGE_GPU_SECONDS(
      Kind.COUNTER,
      "kerf_usage_gpu_seconds_total",
      "GPU seconds that a namespace has used of a GPU model since Kerf started, a part of a GPU as"
          + " teams count it; telemetry.namespaces says how many have series of their own.",
      "namespace",
      "model"),
  TEAM_RECLAIMS(
      Kind.COUNTER,
      "kerf_team_reclaims_total",
      "Reclaims that have ended, by the team that took, by rule (budget, guarantee, share, or"
          + " priority in the same team) and by outcome: done, blocked (an eviction was refused) or"
          + " late.",
      "team",
      "rule",
      "outcome"),
  TEAM_EVICTED(
      Kind.COUNTER,
      "kerf_team_evicted_pods_total",
      "Pods that a team lost to reclaims, by rule: guarantee, share or priority, limit (the team"
          + " held more than a limit that became lower), budget (it had used up its budget), or"
          + " idle (their GPUs computed nothing for longer than spec.idle allows).",
      "team",
      "rule"),
  IDLE_PODS(
      Kind.GAUGE,
      "kerf_idle_pods",
      "Pods that were told that they will be evicted if their GPUs go on computing nothing."),
  IDLE_LOOKS(
      Kind.COUNTER,
      "kerf_idle_looks_total",
      "Questions to the Prometheus of idle.prometheus which GPUs are idle, by outcome: answered,"
          + " failed, or late (the answer was not used).",
      "outcome"),
  KUEUE_WAITING(
      Kind.GAUGE,
      "kerf_kueue_waiting_workloads",
      "Workloads of Kueue that have quota and wait for room on GPUs."),
  KUEUE_ANSWERS(
      Kind.COUNTER,
      "kerf_kueue_answers_total",
      "Answers to checks of Kueue by state: ready, pending (the reason was written), retry,"
          + " rejected, or failed (the answer could not be written).",
      "state"),
  GATES(
      Kind.COUNTER,
      "kerf_turn_gates_total",
      "Attempts to take the gate kerf.gpu/turn off a pod, by outcome: opened, refused (by the API"
          + " server or another admission plugin) or failed. Kerf tries refused and failed ones"
          + " again.",
      "outcome"),
  STREAM_EVENTS(
      Kind.COUNTER,
      "kerf_stream_events_total",
      "Events of the stream, by the type of the CloudEvent.",
      "type"),
  STREAM_LISTENERS(
      Kind.GAUGE, "kerf_stream_listeners", "Clients that read the stream of CloudEvents live."),
  STREAM_SENT(
      Kind.COUNTER, "kerf_stream_sent_total", "Events that the sink of the stream has taken."),
  STREAM_DROPPED(
      Kind.COUNTER,
      "kerf_stream_dropped_total",
      "Events that the sink never got, by reason: overwritten (it was too slow for too long) or"
          + " refused (it does not take this event). A gap event tells the sink of the first.",
      "reason"),
  STREAM_ATTEMPTS(
      Kind.COUNTER,
      "kerf_stream_requests_total",
      "Requests to the sink, by outcome: sent or failed. Failed ones are made again.",
      "outcome"),
  STREAM_LAG(
      Kind.GAUGE, "kerf_stream_lag_events", "Events that the sink has not taken yet, by number."),
  GPU_HELD(
      Kind.GAUGE,
      "kerf_gpu_held_bytes",
      "Memory of one GPU that a namespace's pods hold, by the GPU's node, index and uuid; left out"
          + " where more than 4,096 pods hold GPUs.",
      "node",
      "gpu",
      "uuid",
      "namespace"),
  OPENCOST(
      Kind.GAUGE,
      "container_gpu_allocation",
      "GPUs that a container holds, a part of a GPU as its part, in the form that OpenCost reads;"
          + " only with telemetry.openCost.",
      "namespace",
      "pod",
      "container",
      "node",
      "uid"),
  CLAIM_WRITES(
      Kind.COUNTER,
      "kerf_claim_writes_total",
      "Requests for the devices of a DRA driver, by what they write: claim (a ResourceClaim),"
          + " allocation, pod (the field that names the claim), and clear, unname and delete where"
          + " a claim is given up; outcome is done, refused or failed (no answer).",
      "write",
      "outcome"),
  CLAIMS(
      Kind.COUNTER,
      "kerf_claims_total",
      "Claims of pods that were to be bound, by what became of them: written, or the reason why"
          + " not, such as over_quota; overlaps counts how often Kerf stepped back from another"
          + " claim.",
      "outcome"),
  CLAIMS_SWEPT(
      Kind.COUNTER,
      "kerf_claims_swept_total",
      "ResourceClaims of Kerf that no pod used any more and that were released.",
      "cause"),
  BUILD(Kind.GAUGE, "kerf_build_info", "1, with the version that runs.", "version");

  /** What can be done with its numbers. */
  public enum Kind {
    COUNTER,
    GAUGE,
    HISTOGRAM
  }

  private final Kind kind;
  private final String title;
  private final String help;
  private final String labels;

  Metric(Kind kind, String title, String help, String... labels) {
    this.kind = kind;
    this.title = title;
    this.help = help;
    this.labels = String.join(",", labels);
  }

  public Kind kind() {
    return kind;
  }

  /** The name under which it is scraped. */
  public String title() {
    return title;
  }

  public String help() {
    return help;
  }

  public List<String> labels() {
    return labels.isEmpty() ? List.of() : List.of(labels.split(",", -1));
  }

  /** The table of the documentation. */
  public static String table() {
    StringBuilder out =
        new StringBuilder("| metric | type | labels | meaning |\n|---|---|---|---|\n");
    for (Metric meter : values()) {
      out.append("| `").append(meter.title).append("` | ");
      out.append(meter.kind.name().toLowerCase(Locale.ROOT)).append(" | ");
      out.append(String.join(", ", meter.labels())).append(" | ");
      out.append(meter.help).append(" |\n");
    }
    return out.toString();
  }
}
