import { LOG_PATTERNS, type LogPattern } from '../../../activities/kubernetes/log-patterns';

/** Lines of Thanos 0.42.4, recorded from the program, and words of S3 servers as minio-go repeats them. */
const UPLOAD = 'caller=multitsdb.go:524 level=error component=receive component=multi-tsdb tenant=default-tenant msg="periodic upload failed" err=';
const LINES: ReadonlyArray<[LogPattern[], string]> = [
  [['uploadFailed', 'storeUnreachable'], `${UPLOAD}"sync: check exists: stat s3 object: Get \\"http://127.0.0.1:1/thanos/?location=\\": dial tcp 127.0.0.1:1: connect: connection refused"`],
  [['uploadFailed', 'storeUnreachable'], `${UPLOAD}"sync: check exists: stat s3 object: Get \\"https://objstore/thanos/?location=\\": dial tcp: lookup objstore on 10.96.0.10:53: no such host"`],
  [['uploadFailed', 'storeCredentials'], `${UPLOAD}"sync: check exists: stat s3 object: The Access Key Id you provided does not exist in our records."`],
  [['uploadFailed', 'storeCredentials'], `${UPLOAD}"sync: check exists: stat s3 object: Access Denied."`],
  [['uploadFailed', 'storeCredentials'], `${UPLOAD}"sync: check exists: stat s3 object: The request signature we calculated does not match the signature you provided. Check your key and signing method."`],
  [['uploadFailed', 'storeBucket'], `${UPLOAD}"sync: upload: upload chunks: upload file /data/x: upload s3 object: The specified bucket does not exist"`],
  [['uploadFailed', 'blockMetaUnreadable'], `${UPLOAD}"sync: read metadata for block /data/default-tenant/01M82JNRD2VS7REH3VWNT5VXZM: EOF"`],
  [['blockMetaUnreadable'], 'caller=db.go:1781 msg="Failed to read meta.json for a block during reloadBlocks. Skipping" dir=/data/default-tenant/01M82JNRD2VS7REH3VWNT5VXZM err="unexpected end of JSON input"'],
  [['storeConfigInvalid'], 'caller=main.go:143 level=error err="yaml: unmarshal errors:\\n  line 1: field acess_key not found in type s3.Config\\ncreate S3 client\\ngithub.com/thanos-io/objstore/client.NewBucketFromConfig"'],
  [['blockUnopenable'], 'caller=intrumentation.go:85 level=info component=receive msg="changing probe status" status=not-healthy reason="opening storage: invalid magic number 9dc88a2a"'],
  [['walRepaired'], 'caller=db.go:1064 msg="Successfully repaired WAL"'],
];
const ASKED: LogPattern[] = ['uploadFailed', 'storeUnreachable', 'storeCredentials', 'storeBucket', 'storeConfigInvalid', 'blockMetaUnreadable', 'blockUnopenable', 'walRepaired'];

test.each(LINES)('%p: %s', (patterns, line) => {
  expect(ASKED.filter((name) => LOG_PATTERNS[name].pattern.test(line))).toEqual(patterns);
});

test('a receiver that does not reach another one says nothing about the object store', () => {
  const line = 'level=error component=receive-handler err="2 errors: forwarding request to endpoint {thanos-receive-1:10901}: rpc error: code = Unavailable desc = connection error: desc = \\"transport: Error while dialing: dial tcp 10.244.0.9:10901: connect: connection refused\\"; target not available"';
  expect(ASKED.filter((name) => LOG_PATTERNS[name].pattern.test(line))).toEqual([]);
});
