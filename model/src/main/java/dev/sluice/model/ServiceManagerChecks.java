package dev.sluice.model;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What has to hold between service managers: of two, neither would know what the other tells the nodes of a service. */
final class ServiceManagerChecks {
    private final Map<String, ServiceManager> byService = new HashMap<>();

    void check(ServiceManager manager, Document at) {
        List<String> services = manager.spec().services();
        for (int i = 0; i < services.size(); i++) {
            ServiceManager earlier = byService.putIfAbsent(services.get(i), manager);
            String path = "spec.services[" + i + "]";
            if (earlier != null && earlier.title().equals(manager.title())) {
                at.error(path, "is listed twice", "each service once");
            } else if (earlier != null) {
                at.error(path, "is managed by " + earlier.title() + " already", "a Service without a service manager");
            }
        }
    }
}
