#!/usr/bin/python3
"""A stand-in for Grafana: its health, its login, its data source queries, on a real SQLite file.

No package of Grafana can be had from a registry of packages. This speaks the part of its HTTP API that probes and people in
an emergency use, reads the same files (grafana.ini, provisioned data sources, GF_* variables), and logs in its format what
really goes wrong: a data folder that cannot be written, a database that is locked or damaged, a data source that does not
answer. Unlike Grafana's, its health check reads the database file, so a locked one shows there, too.
"""
import base64
import configparser
import glob
import hashlib
import hmac
import http.server
import json
import os
import re
import secrets
import socket
import sqlite3
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

VERSION = '12.0.0'
# Grafana waits as long for a lock as its driver does; here it is short, so that a lock shows as an error and not as silence.
BUSY_TIMEOUT_SECONDS = 0.5
LOCK_RETRIES = 5
MAINTENANCE_SECONDS = 2

MIGRATIONS = [
    ('create user table', 'CREATE TABLE user (id INTEGER PRIMARY KEY, login TEXT UNIQUE NOT NULL, password TEXT NOT NULL, salt TEXT NOT NULL)'),
    ('create user auth token table', 'CREATE TABLE user_auth_token (auth_token TEXT PRIMARY KEY, user_id INTEGER NOT NULL, created_at INTEGER NOT NULL)'),
    ('create data_source table', 'CREATE TABLE data_source (uid TEXT PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL, url TEXT NOT NULL, json_data TEXT NOT NULL)'),
    ('create dashboard table', 'CREATE TABLE dashboard (uid TEXT PRIMARY KEY, title TEXT NOT NULL, data TEXT NOT NULL)'),
    ('create kv_store table', 'CREATE TABLE kv_store (namespace TEXT, key TEXT, value TEXT, PRIMARY KEY (namespace, key))'),
]


def log(logger, level, message, **fields):
    stamp = time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime()) + '.%09dZ' % (time.time_ns() % 1_000_000_000)
    text = ' '.join('%s=%s' % (key, json.dumps(str(value)) if re.search(r'[\s"=]|^$', str(value)) else value) for key, value in fields.items())
    print('logger=%s t=%s level=%s msg=%s%s' % (logger, stamp, level, json.dumps(message), ' ' + text if text else ''), flush=True)


class Settings:
    """grafana.ini, with what the environment says instead: GF_<SECTION>_<KEY>."""

    def __init__(self, file):
        self.ini = configparser.ConfigParser(interpolation=None, strict=False)
        if os.path.exists(file):
            self.ini.read(file)

    def get(self, section, key, default):
        variable = 'GF_%s_%s' % (section.upper().replace('.', '_'), key.upper())
        return os.environ.get(variable) or self.ini.get(section, key, fallback=default)


def fail(message):
    print('Error: ✗ %s' % message, flush=True)
    sys.exit(1)


class Database:
    """The SQLite file. Every use opens it anew, as a pool with idle connections closed would."""

    def __init__(self, path):
        self.path = path

    def run(self, work):
        connection = sqlite3.connect(self.path, timeout=BUSY_TIMEOUT_SECONDS)
        try:
            with connection:
                return work(connection)
        finally:
            connection.close()

    def write(self, work):
        for retry in range(LOCK_RETRIES):
            try:
                return self.run(work)
            except sqlite3.OperationalError as error:
                if 'locked' not in str(error) or retry == LOCK_RETRIES - 1:
                    raise
                log('sqlstore.transactions', 'info', 'Database locked, sleeping then retrying', error=error, retry=retry, code=error)
                time.sleep(0.01)

    def migrate(self):
        log('migrator', 'info', 'Starting DB migrations')
        done = 0
        try:
            self.write(lambda db: db.execute('CREATE TABLE IF NOT EXISTS migration_log (id INTEGER PRIMARY KEY, migration_id TEXT UNIQUE NOT NULL, timestamp INTEGER NOT NULL)'))
            for name, statement in MIGRATIONS:
                done += self.write(lambda db: self.migrate_once(db, name, statement))
        except sqlite3.Error as error:
            name = MIGRATIONS[min(done, len(MIGRATIONS) - 1)][0]
            log('migrator', 'error', 'Executing migration failed', id=name, error=error)
            fail('migration failed (id = %s): %s' % (name, error))
        log('migrator', 'info', 'migrations completed', performed=done, skipped=len(MIGRATIONS) - done)

    @staticmethod
    def migrate_once(db, name, statement):
        if db.execute('SELECT 1 FROM migration_log WHERE migration_id = ?', (name,)).fetchone():
            return 0
        log('migrator', 'info', 'Executing migration', id=name)
        db.execute(statement)
        db.execute('INSERT INTO migration_log (migration_id, timestamp) VALUES (?, ?)', (name, int(time.time())))
        return 1


def digest(password, salt):
    return hashlib.pbkdf2_hmac('sha256', password.encode(), salt.encode(), 10_000).hex()


class Grafana:
    def __init__(self, settings):
        self.settings = settings
        self.data = settings.get('paths', 'data', '/var/lib/grafana')
        self.require_writable()
        self.database = self.open_database()
        self.requests = {}
        self.lock = threading.Lock()

    def require_writable(self):
        """What Grafana's own start script checks before anything else."""
        if os.access(self.data, os.W_OK):
            return
        print("GF_PATHS_DATA='%s' is not writable." % self.data, flush=True)
        print('You may have issues with file permissions.', flush=True)
        fail("mkdir: can't create directory '%s/plugins': Read-only file system or permission denied" % self.data)

    def open_database(self):
        kind = self.settings.get('database', 'type', 'sqlite3')
        if kind == 'sqlite3':
            log('sqlstore', 'info', 'Connecting to DB', dbtype=kind)
            return Database(os.path.join(self.data, self.settings.get('database', 'path', 'grafana.db')))
        # A server of its own: that it cannot be reached is real, what would come after that is not spoken here.
        host = self.settings.get('database', 'host', '127.0.0.1:5432')
        log('sqlstore', 'info', 'Connecting to DB', dbtype=kind)
        name, _, port = host.partition(':')
        try:
            socket.create_connection((name, int(port or 5432)), timeout=3).close()
        except OSError as error:
            reason = 'connection refused' if isinstance(error, ConnectionRefusedError) else str(error)
            fail('*server.Server failed to ensure database: failed to connect to database: dial tcp %s: connect: %s' % (host, reason))
        fail('database type %s is not spoken here, only sqlite3' % kind)

    def start(self):
        self.database.migrate()
        self.provision()
        threading.Thread(target=self.maintain, daemon=True).start()

    def provision(self):
        """Data sources from files. JSON only: it is the part of YAML that a Python without packages reads."""
        folder = self.settings.get('paths', 'provisioning', '/etc/grafana/provisioning')
        sources = []
        for file in sorted(glob.glob(os.path.join(folder, 'datasources', '*.yaml'))):
            try:
                sources += json.load(open(file))['datasources']
            except (ValueError, KeyError) as error:
                log('provisioning.datasources', 'error', 'Failed to provision data sources', file=file, error=error)
                fail('Datasource provisioning error: %s' % error)
        password, salt = self.settings.get('security', 'admin_password', 'admin'), secrets.token_hex(5)

        def store(db):
            db.execute('DELETE FROM data_source')
            for source in sources:
                log('provisioning.datasources', 'info', 'inserting datasource from configuration', name=source['name'], uid=source['uid'])
                db.execute('INSERT INTO data_source VALUES (?, ?, ?, ?, ?)', (source['uid'], source['name'], source['type'], source['url'], json.dumps(source.get('jsonData', {}))))
            db.execute('INSERT INTO user (login, password, salt) VALUES (?, ?, ?) ON CONFLICT (login) DO NOTHING', ('admin', digest(password, salt), salt))

        try:
            self.database.write(store)
        except sqlite3.Error as error:
            fail('Datasource provisioning error: %s' % error)

    def maintain(self):
        """Grafana writes to its database all the time, whether anybody is there or not."""
        while True:
            time.sleep(MAINTENANCE_SECONDS)
            try:
                self.database.write(lambda db: db.execute("INSERT INTO kv_store VALUES ('infra.usagestats', 'last_seen', ?) ON CONFLICT (namespace, key) DO UPDATE SET value = excluded.value", (str(int(time.time())),)))
            except sqlite3.Error as error:
                log('infra.kvstore.sql', 'error', 'error setting kvstore value', namespace='infra.usagestats', key='last_seen', err=error)

    def count(self, handler, method, status, seconds):
        with self.lock:
            key = (handler, method, status)
            number, total = self.requests.get(key, (0, 0.0))
            self.requests[key] = (number + 1, total + seconds)

    def metrics(self):
        lines = ['# TYPE grafana_build_info gauge', 'grafana_build_info{version="%s",edition="stand-in"} 1' % VERSION, '# TYPE grafana_http_request_duration_seconds summary']
        with self.lock:
            for (handler, method, status), (number, total) in sorted(self.requests.items()):
                labels = 'handler="%s",method="%s",status_code="%d"' % (handler, method, status)
                lines += ['grafana_http_request_duration_seconds_count{%s} %d' % (labels, number), 'grafana_http_request_duration_seconds_sum{%s} %f' % (labels, total)]
        return '\n'.join(lines) + '\n'


class QueryFailed(Exception):
    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


def ask(url, timeout):
    try:
        with urllib.request.urlopen(url, timeout=timeout) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        raise QueryFailed(error.code, error.read().decode(errors='replace')[:300])
    except TimeoutError:
        raise QueryFailed(504, 'Get "%s": context deadline exceeded (Client.Timeout exceeded while awaiting headers)' % url)
    except urllib.error.URLError as error:
        if isinstance(error.reason, TimeoutError):
            raise QueryFailed(504, 'Get "%s": context deadline exceeded (Client.Timeout exceeded while awaiting headers)' % url)
        reason = 'connect: connection refused' if isinstance(error.reason, ConnectionRefusedError) else 'no such host' if isinstance(error.reason, socket.gaierror) else str(error.reason)
        raise QueryFailed(502, 'Get "%s": dial tcp: %s' % (url, reason))


def frames(ref, answer):
    """Prometheus' answer as Grafana's data frames."""
    data = answer['data']
    notices = [{'severity': 'warning', 'text': text} for text in answer.get('warnings', [])]
    result = []
    for series in data['result']:
        samples = series['values'] if data['resultType'] == 'matrix' else [series['value']]
        fields = [{'name': 'Time', 'type': 'time'}, {'name': 'Value', 'type': 'number', 'labels': series['metric']}]
        values = [[int(float(at) * 1000) for at, _ in samples], [float(value) for _, value in samples]]
        result.append({'schema': {'refId': ref, 'fields': fields, 'meta': {'notices': notices} if notices else {}}, 'data': {'values': values}})
    return result


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    grafana = None

    ROUTES = [
        ('GET', r'/$', 'home', '/'),
        ('GET', r'/login$', 'login_page', '/login'),
        ('POST', r'/login$', 'login', '/login'),
        ('GET', r'/api/health$', 'health', '/api/health'),
        ('GET', r'/metrics$', 'metrics', '/metrics'),
        ('GET', r'/api/datasources$', 'data_sources', '/api/datasources/'),
        ('GET', r'/api/datasources/uid/(?P<uid>[^/]+)/health$', 'data_source_health', '/api/datasources/uid/:uid/health'),
        ('POST', r'/api/ds/query$', 'query', '/api/ds/query'),
    ]

    def do_GET(self):
        self.route('GET')

    def do_POST(self):
        self.route('POST')

    def route(self, method):
        began = time.monotonic()
        self.body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        path = urllib.parse.urlsplit(self.path).path
        for wanted, pattern, name, handler in self.ROUTES:
            match = re.match(pattern, path) if wanted == method else None
            if match:
                break
        else:
            handler, match = 'notfound', None
        try:
            status, body, headers = (404, {'message': 'Not found'}, {}) if match is None else getattr(self, 'on_' + name)(**match.groupdict())
        except sqlite3.Error as error:
            log('context', 'error', 'Request error', error=error, path=path, method=method)
            status, body, headers = 500, {'message': 'Internal Server Error - check the Grafana server logs for the error message.'}, {}
        took = time.monotonic() - began
        self.grafana.count(handler, method, status, took)
        if status >= 500:
            log('context', 'error', 'Request Completed', method=method, path=path, status=status, time_ms=int(took * 1000), remote_addr=self.client_address[0], handler=handler)
        self.answer(status, body, headers)

    def answer(self, status, body, headers):
        content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header('Content-Type', headers.pop('Content-Type', 'application/json; charset=UTF-8'))
        self.send_header('Content-Length', str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_arguments):
        pass

    def identity(self):
        """Who asks: admin by session or basic auth, a viewer where anonymous access is on, or nobody."""
        database = self.grafana.database
        session = re.search(r'grafana_session=([0-9a-f]+)', self.headers.get('Cookie', ''))
        if session and database.run(lambda db: db.execute('SELECT 1 FROM user_auth_token WHERE auth_token = ?', (session[1],)).fetchone()):
            return 'admin'
        basic = re.match(r'Basic (.+)', self.headers.get('Authorization', ''))
        if basic:
            login, _, password = base64.b64decode(basic[1]).decode(errors='replace').partition(':')
            if self.check(login, password):
                return 'admin'
        return 'viewer' if self.grafana.settings.get('auth.anonymous', 'enabled', 'false') == 'true' else None

    def check(self, login, password):
        row = self.grafana.database.run(lambda db: db.execute('SELECT password, salt FROM user WHERE login = ?', (login,)).fetchone())
        return row is not None and hmac.compare_digest(row[0], digest(password, row[1]))

    def on_home(self):
        return (302, '', {'Location': '/login'}) if self.identity() is None else (200, page('Home'), {'Content-Type': 'text/html; charset=UTF-8'})

    def on_login_page(self):
        return 200, page('Log in'), {'Content-Type': 'text/html; charset=UTF-8'}

    def on_login(self):
        try:
            form = json.loads(self.body)
            login, password = form['user'], form['password']
        except (ValueError, KeyError):
            return 400, {'message': 'bad login data'}, {}
        if not self.check(login, password):
            log('authn.service', 'warn', 'Failed to authenticate request', client='auth.client.form', error='[password-auth.failed] invalid password')
            return 401, {'message': 'Invalid username or password'}, {}
        token = secrets.token_hex(16)
        self.grafana.database.write(lambda db: db.execute('INSERT INTO user_auth_token VALUES (?, 1, ?)', (token, int(time.time()))))
        return 200, {'message': 'Logged in'}, {'Set-Cookie': 'grafana_session=%s; Path=/; HttpOnly; SameSite=Lax' % token}

    def on_health(self):
        answer = {'commit': 'stand-in', 'database': 'ok', 'version': VERSION}
        try:
            self.grafana.database.run(lambda db: db.execute('SELECT id FROM migration_log LIMIT 1').fetchone())
            return 200, answer, {}
        except sqlite3.Error as error:
            log('health', 'error', 'Database health check failed', error=error)
            return 503, dict(answer, database='failing'), {}

    def on_metrics(self):
        return 200, self.grafana.metrics(), {'Content-Type': 'text/plain; version=0.0.4; charset=utf-8'}

    def sources(self):
        rows = self.grafana.database.run(lambda db: db.execute('SELECT uid, name, type, url, json_data FROM data_source').fetchall())
        return {uid: {'uid': uid, 'name': name, 'type': kind, 'url': url, 'jsonData': json.loads(data)} for uid, name, kind, url, data in rows}

    def on_data_sources(self):
        if self.identity() != 'admin':
            return 403, {'message': "You'll need additional permissions to perform this action. Permissions needed: datasources:read"}, {}
        return 200, list(self.sources().values()), {}

    def on_data_source_health(self, uid):
        if self.identity() is None:
            return 401, {'message': 'Unauthorized'}, {}
        source = self.sources().get(uid)
        if source is None:
            return 404, {'message': 'Data source not found'}, {}
        try:
            self.prometheus(source, 'query', query='1+1', time=time.time())
            return 200, {'status': 'OK', 'message': 'Successfully queried the Prometheus API.'}, {}
        except QueryFailed as error:
            return 400, {'status': 'ERROR', 'message': '%s - There was an error returned querying the Prometheus API.' % error}, {}

    def on_query(self):
        if self.identity() is None:
            return 401, {'message': 'Unauthorized'}, {}
        try:
            body = json.loads(self.body)
            queries = body['queries']
        except (ValueError, KeyError):
            return 400, {'message': 'bad request data'}, {}
        results = {query.get('refId', 'A'): self.result(query, body) for query in queries}
        worst = max((result['status'] for result in results.values()), default=200)
        return worst, {'results': results}, {}

    def result(self, query, body):
        ref = query.get('refId', 'A')
        source = self.sources().get(query.get('datasource', {}).get('uid', ''))
        if source is None:
            return {'status': 404, 'error': 'data source not found', 'frames': []}
        try:
            now = int(time.time() * 1000)
            start, end = milliseconds(body.get('from'), now - 900_000, now), milliseconds(body.get('to'), now, now)
            step = max(1, int(query.get('intervalMs', 15_000)) // 1000)
            answer = self.prometheus(source, 'query', query=query['expr'], time=end / 1000) if query.get('instant') else self.prometheus(source, 'query_range', query=query['expr'], start=start / 1000, end=end / 1000, step=step)
            return {'status': 200, 'frames': frames(ref, answer)}
        except QueryFailed as error:
            log('tsdb.prometheus', 'error', 'Query data error', datasource=source['name'], error=error)
            return {'status': max(400, error.status), 'error': str(error), 'frames': []}

    @staticmethod
    def prometheus(source, path, **parameters):
        return ask('%s/api/v1/%s?%s' % (source['url'].rstrip('/'), path, urllib.parse.urlencode(parameters)), float(source['jsonData'].get('timeout', 30)))


def milliseconds(text, default, now):
    """`now`, `now-15m`, or a number of milliseconds, as the API takes them."""
    if text is None:
        return default
    relative = re.match(r'now(?:-(\d+)([smhd]))?$', str(text))
    if relative:
        return now - int(relative[1] or 0) * {'s': 1_000, 'm': 60_000, 'h': 3_600_000, 'd': 86_400_000}[relative[2] or 's']
    return int(text)


def page(title):
    return '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Grafana</title></head><body class="login-page"><h1>%s</h1></body></html>' % title


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def main():
    settings = Settings(sys.argv[1] if len(sys.argv) > 1 else '/etc/grafana/grafana.ini')
    log('settings', 'info', 'Starting Grafana', version=VERSION, edition='stand-in')
    grafana = Grafana(settings)
    grafana.start()
    Handler.grafana = grafana
    address = (settings.get('server', 'http_addr', '0.0.0.0'), int(settings.get('server', 'http_port', '3000')))
    server = Server(address, Handler)
    log('http.server', 'info', 'HTTP Server Listen', address='%s:%d' % server.server_address, protocol='http', subUrl='', socket='')
    server.serve_forever()


if __name__ == '__main__':
    main()
