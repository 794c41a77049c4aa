package dev.sluice.controller;

/**
 * How a node's agent is getting on.
 *
 * @param connected whether it is there
 * @param refuses whether it refuses what it was told last
 * @param updates how many it was sent
 * @param refusals how many of these it refused
 * @param bytesSent of all of them
 */
public record AgentFigures(
        String node, boolean connected, boolean refuses, long updates, long refusals, long bytesSent) {}
