#!/usr/bin/python3
"""An ingress controller: serves the hosts of Ingress objects of its class, as nginx' does.

404 where no rule has the host and path, 503 where a rule's Service has no ready endpoint, 502 and 504 where the endpoint
does not answer. It writes its address into the status of the Ingresses that it serves.
"""
import http.client
import http.server
import json
import os
import ssl
import threading
import time
import urllib.request

ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount/'
CONTROLLER = 'k8s.io/ingress-nginx'
POLL_SECONDS = 0.5
UPSTREAM_TIMEOUT_SECONDS = 10
HOP_BY_HOP = {'connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'proxy-connection', 'te', 'trailer', 'content-length'}


class Api:
    def __init__(self):
        self.base = 'https://%s:%s' % (os.environ['KUBERNETES_SERVICE_HOST'], os.environ['KUBERNETES_SERVICE_PORT'])
        self.context = ssl.create_default_context(cafile=ACCOUNT + 'ca.crt')

    def call(self, path, patch=None):
        headers = {'Authorization': 'Bearer ' + open(ACCOUNT + 'token').read().strip()}
        if patch is not None:
            headers['Content-Type'] = 'application/merge-patch+json'
        request = urllib.request.Request(self.base + path, headers=headers, method='PATCH' if patch is not None else 'GET', data=None if patch is None else json.dumps(patch).encode())
        with urllib.request.urlopen(request, context=self.context, timeout=5) as response:
            return json.load(response)


class Table:
    """What is served at the moment: (host, path, exact, targets), the longest path first."""

    def __init__(self, api):
        self.api = api
        self.rules = []
        self.turn = 0

    def follow(self):
        while True:
            try:
                self.refresh()
            except OSError as error:
                # What was known last goes on being served, as nginx does.
                print('E: failed to list objects: %s' % error, flush=True)
            time.sleep(POLL_SECONDS)

    def refresh(self):
        classes = self.api.call('/apis/networking.k8s.io/v1/ingressclasses')['items']
        ours = {item['metadata']['name'] for item in classes if item['spec'].get('controller') == CONTROLLER}
        services = {key(item): item for item in self.api.call('/api/v1/services')['items']}
        slices = self.api.call('/apis/discovery.k8s.io/v1/endpointslices')['items']
        rules = []
        for ingress in self.api.call('/apis/networking.k8s.io/v1/ingresses')['items']:
            if ingress['spec'].get('ingressClassName') not in ours:
                continue
            self.publish(ingress)
            for rule in ingress['spec'].get('rules', []):
                for path in rule.get('http', {}).get('paths', []):
                    rules.append((rule.get('host', ''), path.get('path', '/'), path['pathType'] == 'Exact', targets(ingress, path['backend'], services, slices)))
        rules.sort(key=lambda rule: -len(rule[1]))
        if [rule[:3] for rule in rules] != [rule[:3] for rule in self.rules]:
            print('I: configuration changed, serving %s' % (', '.join(sorted({rule[0] for rule in rules})) or 'no host'), flush=True)
        self.rules = rules

    def publish(self, ingress):
        wanted = [{'ip': os.environ['LOAD_BALANCER_IP']}]
        if ingress.get('status', {}).get('loadBalancer', {}).get('ingress', []) == wanted:
            return
        namespace, name = key(ingress)
        self.api.call('/apis/networking.k8s.io/v1/namespaces/%s/ingresses/%s/status' % (namespace, name), {'status': {'loadBalancer': {'ingress': wanted}}})

    def find(self, host, path):
        """Targets of the rule for a request; None where there is no rule."""
        for wanted, prefix, exact, found in self.rules:
            below = path == prefix or (not exact and (prefix.endswith('/') and path.startswith(prefix) or path.startswith(prefix + '/')))
            if wanted in ('', host) and below:
                return found
        return None

    def next(self, found):
        self.turn += 1
        return found[self.turn % len(found)]


def key(item):
    return item['metadata']['namespace'], item['metadata']['name']


def targets(ingress, backend, services, slices):
    namespace, name = ingress['metadata']['namespace'], backend['service']['name']
    service = services.get((namespace, name))
    if service is None:
        return []
    wanted = backend['service']['port']
    port = next((item for item in service['spec'].get('ports', []) if item['port'] == wanted.get('number') or (item.get('name') and item.get('name') == wanted.get('name'))), None)
    if port is None:
        return []
    found = []
    for item in slices:
        if item['metadata']['namespace'] != namespace or item['metadata'].get('labels', {}).get('kubernetes.io/service-name') != name:
            continue
        number = next((candidate['port'] for candidate in item.get('ports') or [] if (candidate.get('name') or '') == (port.get('name') or '')), None)
        ready = [endpoint for endpoint in item.get('endpoints') or [] if endpoint.get('conditions', {}).get('ready') is not False]
        found += [(address, number) for endpoint in ready for address in endpoint['addresses'] if number]
    return sorted(found)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    table = None

    def serve(self):
        path = self.path.partition('?')[0]
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        if path == '/healthz' and self.headers.get('Host', '').partition(':')[0] == os.environ['POD_IP']:
            return self.say(200, 'ok')
        found = self.table.find(self.headers.get('Host', '').partition(':')[0], path)
        if found is None:
            return self.say(404, 'default backend - 404')
        if not found:
            return self.say(503, page('503 Service Temporarily Unavailable'), 'text/html')
        address, port = self.table.next(found)
        try:
            upstream = http.client.HTTPConnection(address, port, timeout=UPSTREAM_TIMEOUT_SECONDS)
            headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
            upstream.request(self.command, self.path, body or None, headers)
            answer = upstream.getresponse()
            content = answer.read()
            upstream.close()
        except TimeoutError:
            return self.say(504, page('504 Gateway Time-out'), 'text/html')
        except (OSError, http.client.HTTPException) as error:
            print('E: connect() failed (%s) while connecting to upstream, host: "%s", upstream: "http://%s:%s%s"' % (error, self.headers.get('Host'), address, port, path), flush=True)
            return self.say(502, page('502 Bad Gateway'), 'text/html')
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP_BY_HOP | {'server', 'date'}:
                self.send_header(name, value)
        self.send_header('Content-Length', str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = serve

    def say(self, status, text, kind='text/plain'):
        content = text.encode()
        self.send_response(status)
        self.send_header('Content-Type', kind)
        self.send_header('Content-Length', str(len(content)))
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(content)

    def log_message(self, *_arguments):
        pass


def page(title):
    return '<html>\n<head><title>%s</title></head>\n<body>\n<center><h1>%s</h1></center>\n<hr><center>ingress</center>\n</body>\n</html>\n' % (title, title)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def main():
    table = Table(Api())
    table.refresh()
    threading.Thread(target=table.follow, daemon=True).start()
    Handler.table = table
    print('I: listening on %s:80' % os.environ['POD_IP'], flush=True)
    Server((os.environ['POD_IP'], 80), Handler).serve_forever()


if __name__ == '__main__':
    main()
