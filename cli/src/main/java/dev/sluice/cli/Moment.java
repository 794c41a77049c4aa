package dev.sluice.cli;

import dev.sluice.agent.report.CountersReport;
import dev.sluice.agent.report.FollowReport;
import dev.sluice.agent.report.RulesReport;
import dev.sluice.agent.report.StatusReport;

/**
 * What a node said at one time.
 *
 * @param atNs when
 * @param status of the node
 * @param counters of the node
 * @param rules of the node
 * @param flows the end of a round through the connections
 */
record Moment(long atNs, StatusReport status, CountersReport counters, RulesReport rules, FollowReport flows) {}
